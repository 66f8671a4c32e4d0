/**
 * Parses durations: milliseconds, a text with units, or a Temporal.Duration. A text without a unit,
 * or with an unknown one, is refused.
 *
 * Note: `m` is minutes. There is no unit for months, because their length varies.
 */

import { FaktoryError } from '@faktory-ts/protocol';

type Letter = 'ms' | 's' | 'm' | 'h' | 'd' | 'w';
type Word = 'millisecond' | 'second' | 'minute' | 'hour' | 'day' | 'week';
type Short = `${number}${Letter}`;
type Long = `${number} ${Word}` | `${number} ${Word}s`;

/**
 * `'90s'`, `'15 minutes'`, `'1h 30m'`, `'1 hour 30 minutes'`, `'2 days'`, `'1.5h'`. Other units do
 * not compile.
 */
export type DurationText =
  | Short
  | `${number} ${Letter}`
  | Long
  | `${Short} ${Short}`
  | `${Short} ${Short} ${Short}`
  | `${Long} ${Long}`;

/** A number is milliseconds. Of a Temporal.Duration only `total` is used. */
export type Duration = number | DurationText | { total(of: { unit: 'milliseconds' }): number };

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;

const units = { ms: 1, s: second, m: minute, h: hour, d: day, w: week };
const words = { millisecond: 1, second, minute, hour, day, week };
const millisecondsIn = new Map(Object.entries({ ...units, ...words }));

const wholeText = /^\d+(?:\.\d+)? ?[a-z]+(?: \d+(?:\.\d+)? ?[a-z]+)*$/;

/**
 * Throws `INVALID` for an invalid text, and for a Temporal.Duration whose length depends on the
 * calendar.
 */
export function milliseconds(duration: Duration): number {
  if (typeof duration === 'number') return duration;
  if (typeof duration === 'string') return textMilliseconds(duration);
  try {
    return duration.total({ unit: 'milliseconds' });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw notOne(String(duration));
    const why = 'the length of a duration with weeks, months or years is not fixed; give the time with at';
    throw new FaktoryError('INVALID', why, { cause });
  }
}

function textMilliseconds(text: string): number {
  if (!wholeText.test(text)) throw notOne(text);
  let sum = 0;
  for (const [, amount, unit = ''] of text.matchAll(/([\d.]+) ?([a-z]+)/g)) {
    const each = millisecondsIn.get(unit) ?? millisecondsIn.get(singular(unit));
    if (each === undefined) throw notOne(text);
    sum += Number(amount) * each;
  }
  return sum;
}

/** One-letter units and `ms` have no plural: `ms` does not mean two `m`. */
function singular(unit: string): string {
  return unit.length > 3 && unit.endsWith('s') ? unit.slice(0, -1) : '';
}

function notOne(text: string): FaktoryError {
  const shown = JSON.stringify(text.slice(0, 50));
  return new FaktoryError(
    'INVALID',
    `${shown} is not a duration; use 90s, 15 minutes, 1h 30m or 2 days (ms, s, m, h, d, w)`,
  );
}
