/**
 * Describes what a handler threw as the server stores it: type, message and backtrace, with the
 * causes of the error. Never throws, whatever was thrown: a string, undefined, a cyclic object, or
 * a proxy that throws at every access.
 *
 * Note: a backtrace is sent only when the job asks for one, by its number of lines.
 */

import { causesOf, describe, type Link } from './causes.ts';

/** A failure, cut to the server's limits: type 100, message 1000 characters, backtrace 50 lines. */
export interface Failure {
  errtype: string;
  message: string;
  backtrace: string[];
}

const longestType = 100;
const longestMessage = 1000;
/** Limit of the error's own message when it has causes: they need room too. */
const longestOwn = 500;
const mostLines = 50;

/**
 * Describes what was thrown. The message includes the causes
 * (`fetch failed; caused by Error: connect ECONNREFUSED`) and the members of an AggregateError; so
 * does the backtrace.
 *
 * @param lines lines of backtrace that the job asks for (its `backtrace` field); default none
 */
export function failureOf(thrown: unknown, lines = 0): Failure {
  try {
    const { errtype, message, stack } = describe(thrown);
    const causes = causesOf(thrown);
    const own = causes.length === 0 ? message : message.slice(0, longestOwn);
    const wanted = Math.min(lines, mostLines);
    return {
      errtype: errtype.slice(0, longestType),
      message: [own, ...causes.map(({ text }) => text)].join('; ').slice(0, longestMessage),
      backtrace: wanted > 0 ? backtraceOf(stack, causes, wanted) : [],
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it throws when it is looked at';
    return { errtype: 'Unreadable', message: `what was thrown cannot be read: ${reason}`, backtrace: [] };
  }
}

/** A failure with only a type and a message, cut to the same limits. */
export function plainFailure(errtype: string, message: string): Failure {
  return {
    errtype: errtype.slice(0, longestType),
    message: message.slice(0, longestMessage),
    backtrace: [],
  };
}

/** The frames of a stack, without its message. */
export function frames(stack: string): string[] {
  return stack
    .slice(0, 100_000)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
}

/**
 * The frames of the error, then for each cause a line that names it and its frames. Shares the
 * lines evenly.
 */
function backtraceOf(stack: string, causes: readonly Link[], wanted: number): string[] {
  const top = frames(stack);
  const named = causes.slice(0, Math.floor(wanted / 2));
  const parts = [top, ...named.map((link) => ownFrames(frames(link.stack), top))];
  const shares = parts.map(() => 0);
  let left = wanted - named.length;
  while (left > 0 && parts.some((part, index) => part.length > (shares[index] ?? 0))) {
    for (const [index, part] of parts.entries()) {
      if (left === 0 || part.length <= (shares[index] ?? 0)) continue;
      shares[index] = (shares[index] ?? 0) + 1;
      left--;
    }
  }
  return parts.flatMap((part, index) => {
    const heading = named[index - 1]?.text.split('\n', 1)[0];
    return [...(heading === undefined ? [] : [heading]), ...part.slice(0, shares[index])];
  });
}

/** Leaves out the last frames that the error has too. */
function ownFrames(part: readonly string[], top: readonly string[]): readonly string[] {
  let shared = 0;
  while (shared < part.length && part.at(-1 - shared) === top.at(-1 - shared)) shared++;
  return part.slice(0, part.length - shared);
}
