/**
 * Lists what is behind an error: its chain of causes and the members of an AggregateError, one line
 * each.
 *
 * Note: a cause can be the error itself, a getter that throws, or the head of an endless chain, so
 * nothing here throws, and the number of links is limited.
 */

import { inspect } from 'node:util';

/** Type, message and stack of something that was thrown. */
export interface Description {
  errtype: string;
  message: string;
  stack: string;
}

/** One error behind another. */
export interface Link {
  /** `caused by TypeError: no such host`, or `one of 2: Error: refused`. */
  readonly text: string;
  readonly stack: string;
}

/** Limit of the errors behind one error, all levels together. */
export const mostLinks = 10;
const longestText = 300;

/** Describes what was thrown. Throws when reading it throws. */
export function describe(thrown: unknown): Description {
  return isErrorLike(thrown) ? describeError(thrown) : describeOther(thrown);
}

/** The members and causes of an error, and those of each of them, in reading order. */
export function causesOf(thrown: unknown): readonly Link[] {
  const links: Link[] = [];
  const seen = new Set<unknown>([thrown]);
  const told = new Set<string>();
  const visit = (error: unknown): void => {
    const { members, cause } = behind(error);
    for (const member of members) add(`one of ${members.length}`, member);
    if (cause !== undefined) add('caused by', cause);
  };
  const add = (how: string, error: unknown): void => {
    if (links.length >= mostLinks || seen.has(error)) return;
    if (typeof error === 'object') seen.add(error);
    const line = lineOf(error);
    // A wrapper around a copy of itself adds nothing.
    if (line !== undefined && !told.has(line.text)) {
      told.add(line.text);
      const colon = how === 'caused by' ? '' : ':';
      links.push({ text: `${how}${colon} ${line.text}`, stack: line.stack });
    }
    visit(error);
  };
  visit(thrown);
  return links;
}

/** The members and cause of an error. Empty for a value that is no error or throws when read. */
export function behind(error: unknown): { members: readonly unknown[]; cause: unknown } {
  try {
    if (typeof error !== 'object' || error === null) return { members: [], cause: undefined };
    const { cause, errors } = error as { cause?: unknown; errors?: unknown };
    // Some form libraries have a list named `errors` that holds no errors.
    const members = Array.isArray(errors) && errors.some(isErrorLike) ? errors : [];
    return { members, cause: cause ?? undefined };
  } catch {
    // It cannot be read, so nothing is known about its causes.
    return { members: [], cause: undefined };
  }
}

function lineOf(error: unknown): { text: string; stack: string } | undefined {
  try {
    const { errtype, message, stack } = describe(error);
    const { code } = (error ?? {}) as { code?: unknown };
    const text = message.slice(0, longestText);
    const mark = typeof code === 'string' && !text.includes(code) ? ` ${code.slice(0, 100)}` : '';
    if (errtype === notAnError) return { text, stack };
    return { text: text === errtype ? `${errtype}${mark}` : `${errtype}${mark}: ${text}`, stack };
  } catch {
    // A cause that throws when read is left out; the error itself is still described.
    return undefined;
  }
}

/** Errors of another realm are not `instanceof Error`, so the shape decides. */
function isErrorLike(thrown: unknown): thrown is { name?: unknown; message: string; stack?: unknown } {
  return (
    typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string'
  );
}

function describeError(error: { name?: unknown; message: string; stack?: unknown }): Description {
  const named = typeof error.name === 'string' ? error.name : '';
  // A subclass that sets no name inherits "Error"; the name of its class says more.
  const errtype = named === '' || named === 'Error' ? error.constructor?.name || 'Error' : named;
  return {
    errtype,
    message: error.message || errtype,
    stack: typeof error.stack === 'string' ? error.stack : '',
  };
}

const notAnError = 'NotAnError';

function describeOther(thrown: unknown): Description {
  const message =
    typeof thrown === 'string'
      ? thrown
      : inspect(thrown, { depth: 2, maxStringLength: 500, breakLength: 200 });
  return { errtype: notAnError, message: message || 'an empty text was thrown', stack: '' };
}
