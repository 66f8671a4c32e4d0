/**
 * Asks for the value that an action needs: time, queue or priority.
 *
 * The queue need not exist: its first job creates it.
 */
import type { JobAction } from '@faktory-ts/protocol';
import { type FormEvent, type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../../live.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { serverNow, useZone } from '../../time.tsx';
import { fromField, toField } from '../../zone.ts';

/** Actions that need a value. */
export type WithValue = 'schedule' | 'move' | 'prioritize';

const fieldWords = { schedule: 'jobs.when', move: 'jobs.toQueue', prioritize: 'jobs.newPriority' } as const;
const hour = 3_600_000; // ms

export function ActionDialog(props: {
  name: WithValue | undefined;
  onClose: () => void;
  onChosen: (action: JobAction) => void;
}): ReactNode {
  const { t } = useTranslation();
  const { name } = props;
  const zone = useZone();
  const form = useId();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const value = String(new FormData(event.currentTarget).get('value') ?? '');
    if (name) props.onChosen(actionOf(name, value, zone.zone));
  };
  return (
    <Dialog
      open={name !== undefined}
      onClose={props.onClose}
      title={name ? t(`jobs.ask.${name}`) : ''}
      footer={
        <>
          <Button onClick={props.onClose}>{t('parts.cancel')}</Button>
          <Button tone="accent" type="submit" form={form}>
            {name ? t(`actions.${name}`) : ''}
          </Button>
        </>
      }
    >
      {name && (
        <form id={form} onSubmit={submit}>
          <label htmlFor={`${form}-value`} className="mb-1 block">
            {t(fieldWords[name])}
            {name === 'schedule' && ` (${zone.name})`}
          </label>
          <Field id={`${form}-value`} name={name} />
        </form>
      )}
    </Dialog>
  );
}

function Field({ id, name }: { id: string; name: WithValue }): ReactNode {
  const queues = useLive('queues') ?? {};
  const list = useId();
  const { zone } = useZone();
  if (name === 'prioritize')
    return (
      <input
        id={id}
        type="number"
        name="value"
        min={1}
        max={9}
        defaultValue={9}
        required
        className="field w-24"
      />
    );
  if (name === 'schedule')
    return (
      <input
        id={id}
        type="datetime-local"
        name="value"
        step={1}
        required
        className="field w-full"
        defaultValue={toField(serverNow() + hour, zone)}
      />
    );
  return (
    <>
      <input
        id={id}
        name="value"
        required
        pattern="[a-zA-Z0-9._\-]+"
        list={list}
        spellCheck={false}
        autoCapitalize="none"
        className="field w-full"
      />
      <datalist id={list}>
        {Object.keys(queues)
          .slice(0, 500)
          .map((queue) => (
            <option key={queue} value={queue} />
          ))}
      </datalist>
    </>
  );
}

function actionOf(name: WithValue, value: string, zone: string): JobAction {
  if (name === 'schedule') return { action: name, at: fromField(value, zone) ?? value };
  if (name === 'move') return { action: name, queue: value };
  return { action: name, priority: Number(value) };
}
