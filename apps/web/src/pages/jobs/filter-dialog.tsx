/*
 * The filters that are not needed every day, in a dialog. It must never change anything before it is applied. A stranger would get wrong that
 * times are typed in the zone that the user chose, like those on the page.
 */
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Filter } from '../../filter.ts';
import { useLive } from '../../live.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useZone } from '../../time.tsx';
import { fromField, toField } from '../../zone.ts';

const lists = ['queues', 'jobtypes', 'jids'] as const;
const texts = ['error', 'wid'] as const;
const times = ['from', 'until'] as const;
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
  const { zone, name: zoneName } = useZone();
  const [chosen, setChosen] = useState<readonly number[]>(filter.priorities ?? []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onApply(read(new FormData(event.currentTarget), filter, chosen, zone));
  };
  const field = (name: keyof Filter & (typeof lists | typeof texts)[number], hint?: string) => (
    <label key={name} className="flex flex-col gap-1">
      {t(`jobs.${name}`)}
      <input
        name={name}
        className="field"
        spellCheck={false}
        autoCapitalize="none"
        {...(name === 'queues' && { list: `${id}-queues` })}
        defaultValue={[filter[name] ?? ''].flat().join(', ')}
      />
      {hint && <span className="text-sm text-faint">{hint}</span>}
    </label>
  );
  return (
    <form id={id} onSubmit={submit} className="flex flex-col gap-4">
      {lists.map((name) => field(name, t('jobs.severalHint')))}
      <datalist id={`${id}-queues`}>
        {queues.slice(0, 500).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <fieldset className="flex flex-wrap items-center gap-1">
        <legend className="mb-1">{t('jobs.priorities')}</legend>
        {priorities.map((priority) => (
          <button
            key={priority}
            type="button"
            aria-pressed={chosen.includes(priority)}
            onClick={() =>
              setChosen(
                chosen.includes(priority) ? chosen.filter((one) => one !== priority) : [...chosen, priority],
              )
            }
            className="size-8 rounded-md border border-edge tabular hover:bg-hover aria-pressed:border-accent aria-pressed:bg-chosen aria-pressed:font-medium"
          >
            {priority}
          </button>
        ))}
      </fieldset>
      {texts.map((name) => field(name))}
      <div className="grid gap-3 sm:grid-cols-2">
        {times.map((name) => (
          <label key={name} className="flex flex-col gap-1">
            {`${t(`jobs.${name}`)} (${zoneName})`}
            <input
              type="datetime-local"
              name={name}
              step={1}
              className="field"
              defaultValue={filter[name] ? toField(Date.parse(filter[name]), zone) : ''}
            />
          </label>
        ))}
        <p className="col-span-full text-sm text-faint">{t('jobs.timeHint')}</p>
      </div>
    </form>
  );
}

/** What the fields say, with those parts of the filter that have no field here. */
function read(
  form: FormData,
  { places, text, fingerprints }: Filter,
  chosen: readonly number[],
  zone: string,
): Filter {
  const next: Filter = {
    ...(places && { places }),
    ...(text && { text }),
    ...(fingerprints && { fingerprints }),
  };
  const said = (name: string) => String(form.get(name) ?? '').trim();
  for (const name of lists) {
    const values = said(name)
      .split(/[,،、，\s]+/)
      .filter(Boolean);
    if (values.length > 0) next[name] = values;
  }
  for (const name of texts) if (said(name)) next[name] = said(name);
  for (const name of times) {
    const at = fromField(said(name), zone);
    if (at) next[name] = at;
  }
  if (chosen.length > 0) next.priorities = chosen;
  return next;
}
