/**
 * The state of the filter dialog while it is open. Pure.
 *
 * Invariant: an unchanged draft gives exactly the filter that it was made from, because actions on
 * “all that match” use this filter.
 */
import type { Filter } from '../../filter.ts';
import { allValues, type Values } from '../../parts/values-field.tsx';

/** Fields with several values. */
export const lists = ['queues', 'jobtypes', 'jids'] as const;
/** Fields with one text. */
export const texts = ['error', 'wid'] as const;
/** Fields with a time. */
export const times = ['from', 'until', 'failed_from', 'failed_until'] as const;

export type ListName = (typeof lists)[number];

/** The whole filter, with the text typed into fields of several values. */
export interface Draft {
  /** Includes the parts that have no field. */
  readonly filter: Filter;
  readonly typed: Readonly<Partial<Record<ListName, string>>>;
}

export const draftOf = (filter: Filter): Draft => ({ filter, typed: {} });

/**
 * The draft with one part changed; an empty text, an empty list or `undefined` removes the part.
 */
export function withPart<Name extends keyof Filter>(
  filter: Filter,
  name: Name,
  value: Filter[Name] | undefined,
): Filter {
  const { [name]: _, ...rest } = filter;
  const empty = value === undefined || (value as string | readonly unknown[]).length === 0;
  return empty ? (rest as Filter) : { ...rest, [name]: value };
}

export const valuesOf = ({ filter, typed }: Draft, name: ListName): Values => ({
  values: filter[name] ?? [],
  typed: typed[name] ?? '',
});

export const withValues = ({ filter, typed }: Draft, name: ListName, to: Values): Draft => ({
  filter: withPart(filter, name, to.values),
  typed: { ...typed, [name]: to.typed },
});

/** The filter to apply; text still in a field counts as its last value. */
export function filterOf(draft: Draft): Filter {
  return lists.reduce((filter, name) => {
    const values = valuesOf(draft, name);
    return values.typed.trim() === '' ? filter : withPart(filter, name, allValues(values));
  }, draft.filter);
}
