/**
 * Formats the placeholders of texts: numbers as the language writes them, names unchanged. Pure.
 *
 * Note: in Arabic, Hebrew and Persian names are wrapped in isolates, because a Latin name would
 * move a number or colon beside it to the wrong side.
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
