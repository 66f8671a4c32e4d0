/**
 * The error class of all packages, its codes, and their texts on the wire. An error reply is always
 * one line.
 *
 * Note: the codes are our own. Only NOTUNIQUE and STALE are sent as words; all others are sent as
 * `ERR message`, and wireError() finds the code by the text.
 */

import { oneClass } from './one-class.ts';

import { visible } from './visible.ts';

/** Every code of a {@link FaktoryError} and its meaning. Check errors by code, never by message. */
export const errorCodes = {
  ERR: 'the server refused, with a text this package does not know',
  MALFORMED: 'the payload cannot be read: bad JSON, or a field of the wrong type',
  INVALID: 'a rule refused the job or the option, although it could be read',
  UNKNOWN_COMMAND: 'the server has no such verb or subcommand',
  NOT_FOUND: 'there is no such job, worker or batch',
  NOTUNIQUE: 'another job holds the same unique lock',
  STALE: 'the reservation has ended or expired',
  LIMIT: 'a limit was reached: line length, connections, queue length',
  AUTH: 'the password is missing or wrong',
  TLS: 'one end speaks TLS and the other does not, or a certificate was refused',
  UNSUPPORTED: 'the connected server does not have the feature that the job needs',
  FORBIDDEN: 'the token that was used may not do this',
  PROTOCOL: 'the peer does not speak the Faktory protocol',
  TIMEOUT: 'no answer in time',
  CLOSED: 'the connection is gone',
  ABORTED: 'the caller aborted the wait (AbortSignal)',
  SHUTDOWN: 'the server is stopping',
  STORAGE: 'the data folder or the store failed',
  LOCKED: 'another process holds the data folder',
  LISTEN: 'the server cannot listen on the address',
  CONFIG: 'an option is unknown or has an invalid value',
} as const;

/** A key of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

/**
 * The error that every package throws. `instanceof` also works when the package was loaded twice,
 * as ES module and as CommonJS.
 *
 * @example
 * ```ts
 * try {
 *   checkQueueName('no spaces');
 * } catch (error) {
 *   if (error instanceof FaktoryError && error.code === 'INVALID') console.error(error.message);
 * }
 * ```
 */
export class FaktoryError extends Error {
  override readonly name = 'FaktoryError';
  /** The reason, one of {@link errorCodes}. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

oneClass(FaktoryError, 'FaktoryError');

/** Maximum number of characters of received text that an error message quotes. */
const maxExcerpt = 200;

/** The start of a received text, for an error message: at most 200 characters. */
export function excerpt(text: string): string {
  if (text.length <= maxExcerpt) return text;
  const last = text.charCodeAt(maxExcerpt - 1);
  const splitsPair = last >= 0xd800 && last < 0xdc00;
  return text.slice(0, splitsPair ? maxExcerpt - 1 : maxExcerpt);
}

/**
 * The text after `-` on the wire. `NOTUNIQUE` and `STALE` are sent as words, every other code as
 * `ERR message`. An error of another class becomes `ERR internal error`, so that no internal text
 * leaks. Never contains CR or LF.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof FaktoryError)) return 'ERR internal error';
  const word = error.code === 'NOTUNIQUE' || error.code === 'STALE' ? error.code : 'ERR';
  return `${word} ${visible(error.message.replace(/[\r\n]+/g, ' '))}`;
}

/** The start of an `ERR` text, and its code. */
const knownTexts: readonly (readonly [start: string, code: ErrorCode])[] = [
  ['Invalid password', 'AUTH'],
  ['shutdown in progress', 'SHUTDOWN'],
  ['storage failed', 'STORAGE'],
  ['not permitted', 'FORBIDDEN'],
  ['not with this store', 'UNSUPPORTED'],
  ['too many connections', 'LIMIT'],
  ['too many failed logins', 'LIMIT'],
  ['line longer than', 'LIMIT'],
  ['unknown command', 'UNKNOWN_COMMAND'],
  ['no such QUEUE subcommand', 'UNKNOWN_COMMAND'],
  ['Job not found', 'NOT_FOUND'],
  ['No such batch', 'NOT_FOUND'],
  ['unknown worker', 'NOT_FOUND'],
  ['Unknown worker', 'NOT_FOUND'],
  ['invalid JSON', 'MALFORMED'],
  ['invalid ACK', 'MALFORMED'],
  ['invalid FAIL', 'MALFORMED'],
  ['invalid BEAT', 'MALFORMED'],
  ['invalid EXT', 'MALFORMED'],
  ['invalid RELEASE', 'MALFORMED'],
  ['invalid JOBS', 'MALFORMED'],
  ['invalid CHANGE', 'MALFORMED'],
  ['invalid SIGNAL', 'MALFORMED'],
  ['invalid TAIL', 'MALFORMED'],
  ['invalid cursor', 'INVALID'],
  ['the search was given up', 'ABORTED'],
  ['missing JID', 'MALFORMED'],
  ['invalid format', 'MALFORMED'],
  ['EXT knows version', 'INVALID'],
  ['FETCHB takes', 'INVALID'],
  ['jobs must have', 'INVALID'],
  ['jobs cannot be', 'INVALID'],
  ['invalid timestamp', 'INVALID'],
  ['cannot get "', 'INVALID'],
  ['must call fetch', 'INVALID'],
  ['unknown mutate', 'INVALID'],
  ['invalid target', 'INVALID'],
];

/** First words that are a code. Servers before Faktory 1.0 send MALFORMED and SHUTDOWN. */
const codeWords: Readonly<Partial<Record<string, ErrorCode>>> = {
  NOTUNIQUE: 'NOTUNIQUE',
  STALE: 'STALE',
  MALFORMED: 'MALFORMED',
  SHUTDOWN: 'SHUTDOWN',
};

/**
 * Parses the text after `-`, or an error text of the map that answers PUSHB. The message is the
 * text without its code word; an unknown first word stays in the message.
 *
 * @example
 * ```ts
 * wireError('ERR Invalid password').code; // 'AUTH'
 * wireError('NOTUNIQUE Job not unique').message; // 'Job not unique'
 * ```
 */
export function wireError(text: string): FaktoryError {
  const space = text.indexOf(' ');
  const word = space < 0 ? text : text.slice(0, space);
  const rest = space < 0 ? '' : text.slice(space + 1);
  if (Object.hasOwn(codeWords, word))
    return new FaktoryError(codeWords[word] ?? 'ERR', visible(rest || text));
  const message = visible(word === 'ERR' ? rest : text);
  for (const [start, code] of knownTexts) {
    if (message.startsWith(start)) return new FaktoryError(code, message);
  }
  return new FaktoryError('ERR', message);
}
