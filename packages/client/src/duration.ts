/*
 * Lengths of time as people write them.
 * It must never guess: what is not a number and a unit is an error, for the compiler where it can see it. A stranger would get wrong
 * that a bare number is milliseconds, as everywhere in JavaScript, while a text needs its unit.
 */

import { FaktoryError } from '@faktory-ts/protocol';

const units = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
} as const;

const words = {
  millisecond: 'ms',
  second: 's',
  sec: 's',
  minute: 'm',
  min: 'm',
  hour: 'h',
  day: 'd',
  week: 'w',
} as const;

type Word = keyof typeof words;
type Unit = keyof typeof units | Word | `${Word}s`;
type Part = `${number}${Unit}` | `${number} ${Unit}`;

/** One or two numbers with units: `'90s'`, `'15 minutes'`, `'1h 30m'`. */
export type DurationText = Part | `${Part} ${Part}`;

/** What `Temporal.Duration` is, as far as it is used. */
export interface DurationLike {
  total(options: { unit: 'milliseconds' }): number;
}

/** A length of time: milliseconds, a text with units, or a `Temporal.Duration`. */
export type Duration = number | DurationText | DurationLike;

/**
 * Milliseconds of a length of time.
 *
 * @throws FaktoryError `INVALID` for what is none; the message shows the form.
 * @example
 * ```ts
 * durationMs('1h 30m'); // 5,400,000
 * ```
 */
export function durationMs(duration: Duration): number {
  const ms = typeof duration === 'string' ? textMs(duration) : plainMs(duration);
  if (Number.isFinite(ms)) return ms;
  throw new FaktoryError(
    'INVALID',
    `${JSON.stringify(duration)} is no length of time: give milliseconds, or a text as 90s, 15 minutes, 1h 30m`,
  );
}

function plainMs(duration: number | DurationLike): number {
  if (typeof duration === 'number') return duration;
  try {
    return duration.total({ unit: 'milliseconds' });
  } catch (cause) {
    // Months and years have no length without a date.
    throw new FaktoryError('INVALID', `this duration has no length of its own: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function textMs(text: string): number {
  const parts = [
    ...text
      .trim()
      .toLowerCase()
      .matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy),
  ];
  const read = parts.reduce((length, [whole]) => length + whole.length, 0);
  if (parts.length === 0 || read !== text.trim().length) return Number.NaN;
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * unitMs(unit), 0);
}

function unitMs(unit: string): number {
  const short = Object.hasOwn(units, unit) ? unit : words[unit.replace(/s$/, '') as Word];
  return units[short as keyof typeof units] ?? Number.NaN;
}
