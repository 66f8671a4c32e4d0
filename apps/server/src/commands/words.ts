/**
 * Formats and parses times, lists and numbers. Text of a job is always escaped for the terminal: a
 * character that moves the cursor or changes the direction of text is printed as an escape.
 */
import {
  checkQueueName,
  FaktoryError,
  formatTime,
  nowMicros,
  parseTime,
  visible,
  visibleLines,
} from '@faktory-ts/protocol';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** RFC 3339 of `2026-11-25T16:00:00Z`, or of `15m`, `+2h`, `-3d` relative to now. Throws CONFIG. */
export function readTime(flag: string, text: string): string {
  const [, sign, number, unit] = /^([+-]?)(\d+)([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) {
    const seconds = Number(number) * (SECONDS[unit] ?? 1) * (sign === '-' ? -1 : 1);
    return formatTime(nowMicros() + seconds * 1_000_000);
  }
  const at = parseTime(text);
  if (at !== undefined) return formatTime(at);
  throw new FaktoryError(
    'CONFIG',
    `--${flag}: "${excerpt(text)}" is not a time; write 2026-11-25T16:00:00Z, or 15m, 2h, -3d from now`,
  );
}

/** A whole number in a range. A `flag` in capitals is a word of the command. Throws CONFIG. */
export function readNumber(flag: string, text: string, least: number, most: number): number {
  const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  const typed = /^[A-Z]/.test(flag) ? flag : `--${flag}`;
  const range = `a whole number from ${thousands(least)} to ${thousands(most)}`;
  throw new FaktoryError('CONFIG', `${typed}: "${excerpt(text)}" cannot be used; give ${range}`);
}

/** The name of a queue. Throws CONFIG. */
export function queueNamed(flag: string, name: string): string {
  try {
    checkQueueName(name);
    return name;
  } catch (cause) {
    const text = `--${flag}: "${excerpt(name)}" is not a queue name; use letters, digits, . _ -`;
    throw new FaktoryError('CONFIG', text, { cause });
  }
}

const excerpt = (text: string): string => plain(text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** The parts between commas; undefined when nothing was typed. */
export function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').filter(Boolean);
}

/** A duration in its largest unit: `12m`. */
export function span(seconds: number): string {
  const whole = Math.max(Math.round(seconds), 0);
  const [unit = 's', length = 1] =
    Object.entries(SECONDS).findLast(([, size]) => whole >= size * 2) ?? Object.entries(SECONDS)[0] ?? [];
  return `${Math.floor(whole / length)}${unit}`;
}

/** A time relative to now: `3m ago`, `in 2h`. Empty for a bad time. */
export function fromNow(text: string | undefined, now = Date.now()): string {
  const at = Date.parse(text ?? '');
  if (Number.isNaN(at)) return '';
  const seconds = (at - now) / 1000;
  return seconds > 0.5 ? `in ${span(seconds)}` : `${span(-seconds)} ago`;
}

/** 1,234,567 */
export function thousands(number: number): string {
  return number.toLocaleString('en-US');
}

/** `1 job`, `2,000 jobs` */
export function counted(count: number, what: string): string {
  return `${thousands(count)} ${what}${count === 1 ? '' : 's'}`;
}

/** Makes one line without control characters, in which every character is visible. */
export const plain = visible;

/** A value as JSON that is also safe on a terminal. */
export function jsonText(value: unknown, space?: number): string {
  return safeJson(JSON.stringify(value, undefined, space));
}

/**
 * Makes JSON text safe on a terminal: invisible characters that JSON leaves unescaped are escaped.
 */
export const safeJson = visibleLines;
