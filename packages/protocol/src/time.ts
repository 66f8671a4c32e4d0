/**
 * Converts times: integer microseconds in the server, RFC 3339 text on the wire.
 *
 * Note: write only times of nowMicros(), not of Date.now(): faktory-rs compares a batch's
 * created_at with its own clock, a few microseconds before and after. nowMicros() follows a step of
 * the wall clock at once.
 */

import { unitAt } from './utf8.ts';

/**
 * An instant: whole microseconds since 1970-01-01T00:00:00Z. Always a safe integer, so within the
 * years 1684 to 2255.
 */
export type Micros = number;

/** Milliseconds to add to performance.now() to get the wall time. */
let wallOffset = performance.timeOrigin;

/**
 * The wall clock in microseconds: the millisecond of Date.now(), and the fraction of
 * performance.now().
 *
 * @example
 * ```ts
 * formatTime(nowMicros()); // '2026-11-23T16:00:00.123456Z'
 * ```
 */
export function nowMicros(): Micros {
  const millis = Date.now();
  const fine = performance.now();
  const inside = Math.floor((fine + wallOffset - millis) * 1000);
  if (inside >= 0 && inside < 1000) return millis * 1000 + inside;
  // The wall clock was stepped (slewing changes both clocks alike). Correct the offset by the least
  // amount.
  const edge = inside < 0 ? 0 : 999;
  wallOffset = millis + (edge + 0.5) / 1000 - fine;
  return millis * 1000 + edge;
}

/**
 * Microseconds, to the millisecond, by which the last {@link nowMicros} was ahead of
 * `performance.now()`. It changes only when the wall clock is set.
 */
export const wallAhead = (): Micros => wallOffset * 1000;

/** '000' to '999', and the same without trailing zeros. */
const threeDigits = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));
const trimmedDigits = threeDigits.map((digits) => digits.replace(/0+$/, ''));

// Nearly every call is for the current second, so its 19 characters are cached.
let cachedSecond: Micros = Number.NaN;
let cachedText = '';

/**
 * RFC 3339 in UTC with `Z`. The fraction has no trailing zeros and is left out when it is zero.
 *
 * @example
 * ```ts
 * formatTime(1_500_000); // '1970-01-01T00:00:01.5Z'
 * ```
 */
export function formatTime(at: Micros): string {
  let micros = at - cachedSecond;
  if (!(micros >= 0 && micros < 1_000_000)) {
    const second = Math.floor(at / 1_000_000);
    cachedText = new Date(second * 1000).toISOString().slice(0, 19);
    cachedSecond = second * 1_000_000;
    micros = at - cachedSecond;
  }
  if (micros === 0) return `${cachedText}Z`;
  const millis = (micros / 1000) | 0;
  const rest = micros - millis * 1000;
  if (rest === 0) return `${cachedText}.${trimmedDigits[millis]}Z`;
  return `${cachedText}.${threeDigits[millis]}${trimmedDigits[rest]}Z`;
}

/** `YYYY-MM-DDThh:mm:ssZ` */
const shortestTime = 20;

/**
 * Parses RFC 3339: a real calendar date, `T`, a time without leap second, an optional fraction of
 * any length (cut at microseconds) and `Z` or `±hh:mm`. Returns undefined for any other text. A
 * time outside the years 1684 to 2255 becomes the nearest {@link Micros}.
 *
 * @example
 * ```ts
 * parseTime('1970-01-01T05:30:00+05:30'); // 0
 * parseTime('1970-01-01'); // undefined
 * ```
 */
export function parseTime(text: string): Micros | undefined {
  if (text.length < shortestTime) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  if (!hasPunctuation(text) || year < 0 || day < 1 || hour < 0 || minute < 0 || second < 0) return undefined;
  if (month < 1 || month > 12 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;

  let zoneAt = 19;
  let micros = 0;
  if (unitAt(text, 19) === 0x2e /* . */) {
    zoneAt = 20;
    for (let weight = 100_000; zoneAt < text.length && isDigit(unitAt(text, zoneAt)); zoneAt++) {
      micros += (unitAt(text, zoneAt) - 0x30) * weight;
      weight = Math.floor(weight / 10);
    }
    if (zoneAt === 20) return undefined;
  }
  const east = zoneSeconds(text, zoneAt);
  if (east === undefined) return undefined;
  const seconds = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - east;
  const at = seconds * 1_000_000 + micros;
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, at));
}

/** Whether `YYYY-MM-DDThh:mm:ss` has its separators. */
function hasPunctuation(text: string): boolean {
  return text[4] === '-' && text[7] === '-' && text[10] === 'T' && text[13] === ':' && text[16] === ':';
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** The number of these digits; negative when one of them is not a digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const unit = unitAt(text, i);
    if (!isDigit(unit)) return -1;
    value = value * 10 + unit - 0x30;
  }
  return value;
}

/** Seconds east of Greenwich; undefined unless the text from `at` to its end is a zone. */
function zoneSeconds(text: string, at: number): number | undefined {
  const sign = text[at];
  if (sign === 'Z') return text.length === at + 1 ? 0 : undefined;
  if ((sign !== '+' && sign !== '-') || text.length !== at + 6 || text[at + 3] !== ':') return undefined;
  const hours = digits(text, at + 1, at + 3);
  const minutes = digits(text, at + 4, at + 6);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined;
  const seconds = hours * 3600 + minutes * 60;
  return sign === '+' ? seconds : -seconds;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01. Date.UTC cannot be used: it reads the years 0 to 99 as 1900 to 1999. */
function daysSince1970(year: number, month: number, day: number): number {
  // When years begin in March, the leap day is last, and month lengths follow one linear rule.
  const y = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leapDays + dayOfYear - 719_468;
}
