/** Writes a filter in words, for the chips of the explorer and for questions. */
import type { TFunction } from 'i18next';
import type { Filter } from '../../filter.ts';
import { exactTime } from '../../time.tsx';

/** Parts with several values. */
export const listNames = ['queues', 'jobtypes', 'priorities', 'jids', 'fingerprints'] as const;
/** Parts with one value, except the text in the arguments, which has its own field. */
export const textNames = ['error', 'wid', 'from', 'until', 'failed_from', 'failed_until'] as const;
const timeNames: readonly string[] = ['from', 'until', 'failed_from', 'failed_until'];

/** The value of a part as users read it. */
export function shownText(filter: Filter, name: (typeof textNames)[number]): string | undefined {
  const value = filter[name];
  return value !== undefined && timeNames.includes(name) ? exactTime(value) : value;
}

/** Each part of a filter as a line: `Queue: mail`. */
export function filterLines(t: TFunction, filter: Filter): string[] {
  const line = (
    name: 'places' | 'text' | (typeof listNames)[number] | (typeof textNames)[number],
    value: string,
  ) => t('jobs.is', { name: t(`jobs.${name}`), value });
  const places = filter.places?.map((place) => t(`parts.places.${place}`)).join(', ');
  const lists = listNames.flatMap((name) => {
    const values = filter[name];
    return values ? [line(name, few(values).join(', '))] : [];
  });
  const texts = (['text', ...textNames] as const).flatMap((name) => {
    const value = name === 'text' ? filter.text : shownText(filter, name);
    return value === undefined ? [] : [line(name, value)];
  });
  return [...(places ? [line('places', places)] : []), ...lists, ...texts];
}

const mostNamed = 50;

/** The first of many values, and how many more there are. */
export function few(values: readonly (string | number)[]): string[] {
  const named = values.slice(0, mostNamed).map(String);
  return values.length > mostNamed ? [...named, `+${values.length - mostNamed}`] : named;
}
