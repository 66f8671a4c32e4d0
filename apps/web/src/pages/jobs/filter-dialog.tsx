/**
 * The dialog with the less common filters. Nothing changes until “Apply”.
 *
 * Note: times are typed in the time zone of the page.
 */
import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Filter } from '../../filter.ts';
import { useLive } from '../../live.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { ValuesField } from '../../parts/values-field.tsx';
import { useZone } from '../../time.tsx';
import { fromField, toField } from '../../zone.ts';
import {
  type Draft,
  draftOf,
  filterOf,
  lists,
  texts,
  times,
  valuesOf,
  withPart,
  withValues,
} from './filter-draft.ts';

const priorities = [9, 8, 7, 6, 5, 4, 3, 2, 1] as const;

export function FilterDialog(props: {
  open: boolean;
  filter: Filter;
  onClose: () => void;
  onApply: (filter: Filter) => void;
}): ReactNode {
  const { t } = useTranslation();
  const form = useId();
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t('jobs.more')}
      footer={
        <>
          <Button onClick={props.onClose}>{t('parts.cancel')}</Button>
          <Button tone="accent" type="submit" form={form}>
            {t('jobs.apply')}
          </Button>
        </>
      }
    >
      <Fields id={form} filter={props.filter} onApply={props.onApply} />
    </Dialog>
  );
}

function Fields({
  id,
  filter,
  onApply,
}: {
  id: string;
  filter: Filter;
  onApply: (filter: Filter) => void;
}): ReactNode {
  const { t } = useTranslation();
  const queues = Object.keys(useLive('queues') ?? {});
  const [draft, setDraft] = useState(() => draftOf(filter));
  const change = <Name extends keyof Filter>(name: Name, value: Filter[Name] | undefined): void =>
    setDraft((now) => ({ ...now, filter: withPart(now.filter, name, value) }));
  return (
    <form
      id={id}
      onSubmit={(event) => {
        event.preventDefault();
        onApply(filterOf(draft));
      }}
      className="flex flex-col gap-4"
    >
      {lists.map((name) => (
        <ValuesField
          key={name}
          label={t(`jobs.${name}`)}
          hint={t('jobs.severalHint')}
          value={valuesOf(draft, name)}
          onChange={(to) => setDraft((now) => withValues(now, name, to))}
          {...(name === 'queues' && { list: `${id}-queues` })}
        />
      ))}
      <datalist id={`${id}-queues`}>
        {queues.slice(0, 500).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Priorities
        chosen={draft.filter.priorities ?? []}
        onChange={(chosen) => change('priorities', chosen)}
      />
      {texts.map((name) => (
        <label key={name} className="flex flex-col gap-1">
          {t(`jobs.${name}`)}
          <input
            className="field"
            spellCheck={false}
            autoCapitalize="none"
            value={draft.filter[name] ?? ''}
            onChange={(event) => change(name, event.target.value)}
          />
        </label>
      ))}
      <Times draft={draft} onChange={change} />
    </form>
  );
}

function Priorities({
  chosen,
  onChange,
}: {
  chosen: readonly number[];
  onChange: (chosen: readonly number[]) => void;
}): ReactNode {
  const { t } = useTranslation();
  return (
    <fieldset className="flex flex-wrap items-center gap-1">
      <legend className="mb-1">{t('jobs.priorities')}</legend>
      {priorities.map((priority) => (
        <button
          key={priority}
          type="button"
          aria-pressed={chosen.includes(priority)}
          onClick={() =>
            onChange(
              chosen.includes(priority)
                ? chosen.filter((one) => one !== priority)
                : [...chosen, priority].sort((a, b) => a - b),
            )
          }
          className="size-8 rounded-md border border-edge tabular hover:bg-hover aria-pressed:border-accent aria-pressed:bg-chosen aria-pressed:font-medium"
        >
          {priority}
        </button>
      ))}
    </fieldset>
  );
}

/** A time that the user did not change keeps its milliseconds, although the field shows seconds. */
function Times({
  draft,
  onChange,
}: {
  draft: Draft;
  onChange: (name: (typeof times)[number], value: string | undefined) => void;
}): ReactNode {
  const { t } = useTranslation();
  const { zone, name: zoneName } = useZone();
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {times.map((name) => {
        const at = draft.filter[name];
        return (
          <label key={name} className="flex flex-col gap-1">
            {t(`jobs.${name}`)}
            <input
              type="datetime-local"
              step={1}
              className="field"
              defaultValue={at ? toField(Date.parse(at), zone) : ''}
              onChange={(event) => onChange(name, fromField(event.target.value, zone))}
            />
          </label>
        );
      })}
      <p className="col-span-full text-sm text-faint">{t('jobs.timeHint', { zone: zoneName })}</p>
    </div>
  );
}
