/*
 * What stands in the placeholders of a text: numbers as the language writes them, names as they are. Pure. It must never change a name.
 * A stranger would get wrong why names are wrapped in Arabic, Hebrew and Persian: without that a Latin name pulls the number or the colon
 * behind it to its other side.
 */
import type { FormatterModule } from 'i18next';

/** Languages that run from right to left. */
export const rightToLeft: ReadonlySet<string> = new Set(['ar', 'he', 'fa']);

const numbers = new Map<string, Intl.NumberFormat>();
const isolated = (name: string): string => `\u2068${name}\u2069`;

function number(value: unknown, language: string): string {
  let format = numbers.get(language);
  if (!format) {
    format = new Intl.NumberFormat(language);
    numbers.set(language, format);
  }
  return format.format(Number(value));
}

/** i18next's formatter: knows `{{x, number}}`. */
export const formatter: FormatterModule = {
  type: 'formatter',
  init: () => undefined,
  add: () => undefined,
  addCached: () => undefined,
  format: (value: unknown, format?: string, language = 'en') => {
    if (format === 'number') return number(value, language);
    return typeof value === 'string' && rightToLeft.has(language) ? isolated(value) : String(value);
  },
};
