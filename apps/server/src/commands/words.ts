/*
 * Times, lists and numbers as people write and read them. It must never let a job's own text reach a terminal as it is: a character
 * that moves a cursor or turns the text around is shown as its escape.
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

/** RFC 3339 for `2026-11-25T16:00:00Z`, or for `15m`, `+2h`, `-3d`: so long from now. Throws CONFIG. */
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
    `--${flag}: "${excerpt(text)}" is no time; write 2026-11-25T16:00:00Z, or 15m, 2h, -3d from now`,
  );
}

/** A whole number in a range. `flag` in capitals is a word of the command, as its usage writes it. Throws CONFIG. */
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
    const text = `--${flag}: "${excerpt(name)}" is no name of a queue; use letters, digits and . _ -`;
    throw new FaktoryError('CONFIG', text, { cause });
  }
}

const excerpt = (text: string): string => plain(text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** What stands between commas; undefined where nothing was typed. */
export function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').filter(Boolean);
}

/** How long, in its largest unit: `12m`. */
export function span(seconds: number): string {
  const whole = Math.max(Math.round(seconds), 0);
  const [unit = 's', length = 1] =
    Object.entries(SECONDS).findLast(([, size]) => whole >= size * 2) ?? Object.entries(SECONDS)[0] ?? [];
  return `${Math.floor(whole / length)}${unit}`;
}

/** How far from now: `3m ago`, `in 2h`. Empty for what is no time. */
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

/** One line that moves no cursor and shows each of its characters. */
export const plain = visible;

/** A value as JSON that is also safe on a terminal. */
export function jsonText(value: unknown, space?: number): string {
  return safeJson(JSON.stringify(value, undefined, space));
}

/** JSON text that is also safe on a terminal: what JSON leaves as it is of characters that are not seen is escaped. */
export const safeJson = visibleLines;
