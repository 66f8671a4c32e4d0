/**
 * The filters of the explorer: states with counts, text, and the others behind a button. Each
 * active filter is a chip that removes it.
 *
 * The address holds the filters. No selected state means all states.
 */
import { SlidersHorizontal } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Filter, places } from '../../filter.ts';
import { useLive } from '../../live.ts';
import { count } from '../../numbers.ts';
import { Button } from '../../parts/button.tsx';
import { Chip } from '../../parts/chip.tsx';
import { placeLooks } from '../../parts/state.tsx';
import { FilterDialog } from './filter-dialog.tsx';
import { withPart } from './filter-draft.ts';
import { listNames, shownText, textNames } from './filter-lines.ts';
import { TextFilter } from './text-filter.tsx';

export function FilterBar({
  filter,
  onChange,
}: {
  filter: Filter;
  onChange: (filter: Filter) => void;
}): ReactNode {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <search className="flex flex-col gap-2">
      <Places filter={filter} onChange={onChange} />
      <div className="flex flex-wrap items-center gap-2">
        <TextFilter value={filter.text ?? ''} onChange={(text) => onChange(withPart(filter, 'text', text))} />
        <Button icon={SlidersHorizontal} onClick={() => setOpen(true)}>
          {t('jobs.more')}
        </Button>
        <Chips filter={filter} onChange={onChange} />
      </div>
      <FilterDialog
        open={open}
        filter={filter}
        onClose={() => setOpen(false)}
        onApply={(next) => {
          setOpen(false);
          onChange(next);
        }}
      />
    </search>
  );
}

function Places({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }): ReactNode {
  const { t } = useTranslation();
  const stats = useLive('stats');
  const chosen = new Set(filter.places);
  const toggle = (place: (typeof places)[number]) => {
    const next = places.filter((one) => (one === place ? !chosen.has(one) : chosen.has(one)));
    onChange(withPart(filter, 'places', next.length > 0 ? next : undefined));
  };
  return (
    <fieldset aria-label={t('jobs.places')} className="-mx-2 flex flex-wrap">
      {places.map((place) => {
        const { icon: Icon, text } = placeLooks[place];
        return (
          <button
            key={place}
            type="button"
            aria-pressed={chosen.has(place)}
            onClick={() => toggle(place)}
            className="flex h-9 items-center gap-1.5 border-b-2 border-transparent px-2 text-soft hover:text-ink aria-pressed:border-current aria-pressed:font-medium aria-pressed:text-ink"
          >
            <Icon size={14} strokeWidth={2} aria-hidden className={text} />
            {t(`parts.places.${place}`)}
            <span className="min-w-[24px] text-start text-sm text-faint tabular">
              {stats ? count(stats[place]) : ''}
            </span>
          </button>
        );
      })}
    </fieldset>
  );
}

function Chips({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }): ReactNode {
  const { t } = useTranslation();
  const lists = listNames.flatMap((name) =>
    (filter[name] ?? []).map((value) => ({
      name,
      value: String(value),
      without: withoutOne(filter, name, value),
    })),
  );
  const texts = textNames.flatMap((name) => {
    const value = shownText(filter, name);
    return value === undefined ? [] : [{ name, value, without: withPart(filter, name, undefined) }];
  });
  const chips = [...lists, ...texts];
  const any = chips.length > 0 || filter.text !== undefined || filter.places !== undefined;
  return (
    <>
      {chips.map(({ name, value, without }) => (
        <Chip
          key={`${name} ${value}`}
          name={t(`jobs.${name}`)}
          value={value}
          onRemove={() => onChange(without)}
        />
      ))}
      {any && (
        <Button small tone="quiet" onClick={() => onChange({})}>
          {t('jobs.clear')}
        </Button>
      )}
    </>
  );
}

function withoutOne(filter: Filter, name: (typeof listNames)[number], value: string | number): Filter {
  const rest = (filter[name] as readonly (string | number)[]).filter((one) => one !== value);
  return withPart(filter, name, rest.length > 0 ? (rest as never) : undefined);
}
