/**
 * The plain fields of the push form. Arguments that the user typed are never overwritten.
 *
 * Any jobtype may be typed, also one that the server has never seen.
 */
import type { KnownJobtype } from '@faktory-ts/protocol';
import { WandSparkles } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { laidOut } from '../../json.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { useZone } from '../../time.tsx';
import { type Draft, emptyDraft } from './draft.ts';

/** The fields; `children` is the field of the arguments. */
export function PushFields(props: {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  shown: (field: keyof Draft) => string | undefined;
  queues: readonly string[];
  jobtypes: readonly KnownJobtype[];
  children: ReactNode;
}): ReactNode {
  const { t } = useTranslation();
  const zone = useZone().name;
  const { draft, set, shown } = props;
  const known = props.jobtypes.find(({ jobtype }) => jobtype === draft.jobtype);
  const typed = (jobtype: string) => {
    const found = props.jobtypes.find((one) => one.jobtype === jobtype);
    const untouched = draft.args.trim() === emptyDraft.args;
    set({
      jobtype,
      ...(found && untouched && { args: laidOut(found.args), queue: draft.queue || found.queue }),
    });
  };
  return (
    <>
      <div className="grid gap-x-4 sm:grid-cols-2">
        <Field
          label={t('push.jobtype')}
          hint={t('push.jobtypeHint')}
          mistake={shown('jobtype')}
          value={draft.jobtype}
          onChange={(event) => typed(event.target.value)}
          options={props.jobtypes.map(({ jobtype }) => jobtype)}
          required
          autoComplete="off"
          spellCheck={false}
        />
        <Field
          label={t('push.queue')}
          placeholder="default"
          mistake={shown('queue')}
          value={draft.queue}
          onChange={(event) => set({ queue: event.target.value })}
          options={props.queues}
          autoComplete="off"
          spellCheck={false}
        />
      </div>
      {props.children}
      {known && known.args !== '[]' && (
        <div className="-mt-2">
          <Button small icon={WandSparkles} onClick={() => set({ args: laidOut(known.args) })}>
            {t('push.fill')}
          </Button>
        </div>
      )}
      <div className="grid gap-x-4 gap-y-1 sm:grid-cols-2">
        <Field
          label={t('push.at')}
          hint={t('push.atHint', { zone })}
          mistake={shown('at')}
          type="datetime-local"
          step={1}
          value={draft.at}
          onChange={(event) => set({ at: event.target.value })}
        />
        <NumberField
          field="priority"
          label={t('push.priority')}
          hint={t('push.priorityHint')}
          usual="5"
          {...props}
        />
        <NumberField field="retry" label={t('push.retry')} hint={t('push.retryHint')} usual="25" {...props} />
        <NumberField
          field="reserve"
          label={t('push.reserve')}
          hint={t('push.reserveHint')}
          usual="1800"
          {...props}
        />
      </div>
    </>
  );
}

function NumberField(props: {
  field: 'priority' | 'retry' | 'reserve';
  label: string;
  hint: string;
  usual: string;
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  shown: (field: keyof Draft) => string | undefined;
}): ReactNode {
  const { field, draft, set } = props;
  return (
    <Field
      label={props.label}
      hint={props.hint}
      placeholder={props.usual}
      mistake={props.shown(field)}
      inputMode="numeric"
      autoComplete="off"
      value={draft[field]}
      onChange={(event) => set({ [field]: event.target.value.trim() })}
    />
  );
}
