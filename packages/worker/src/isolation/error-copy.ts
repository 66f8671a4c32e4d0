/*
 * An error on its way between threads or processes: taken apart to plain data, put together again as an Error, with its causes.
 * It must never fail, whatever was thrown. Note: the copy is of no class but Error, so the names of its classes travel beside it, and
 * `errors` rules still find it.
 */

import { type ErrorCode, FaktoryError } from '@faktory-ts/protocol';
import { behind, describe, mostLinks } from '../causes.ts';
import { classNames, rememberClasses } from '../error-rules.ts';
import { failureOf, frames } from '../failure.ts';
import { JobTimeout } from '../job-errors.ts';

/** What is left of an error when it is copied. */
export interface ErrorCopy {
  name: string;
  message: string;
  frames: string[];
  /** Names, its own class first. */
  classes: string[];
  /** Own fields that can be copied. */
  fields: Record<string, unknown>;
  cause?: Copied;
  /** The members of an AggregateError. */
  errors?: Copied[];
}

/** An error, or something else that can be copied as it is. */
type Copied = { error: ErrorCopy } | { value: unknown };

const allFrames = 50;
const longestText = 1000;

export function copyError(thrown: unknown): ErrorCopy {
  return copyOf(thrown, { left: mostLinks, seen: new Set() });
}

/** How many errors behind one may still be copied, and which were: a cause may be the error itself. */
interface Budget {
  left: number;
  readonly seen: Set<unknown>;
}

function copyOf(thrown: unknown, budget: Budget): ErrorCopy {
  budget.seen.add(thrown);
  return { ...headOf(thrown), ...insides(thrown), ...linksOf(thrown, budget) };
}

function headOf(thrown: unknown): Pick<ErrorCopy, 'name' | 'message' | 'frames'> {
  try {
    const { errtype, message, stack } = describe(thrown);
    return {
      name: errtype.slice(0, 100),
      message: message.slice(0, longestText),
      frames: frames(stack).slice(0, allFrames),
    };
  } catch {
    // It throws when it is looked at, which failureOf says in words.
    const { errtype, message } = failureOf(thrown);
    return { name: errtype, message, frames: [] };
  }
}

function linksOf(thrown: unknown, budget: Budget): Pick<ErrorCopy, 'cause' | 'errors'> {
  const { members, cause } = behind(thrown);
  const errors = members.slice(0, mostLinks).flatMap((member) => copied(member, budget));
  const [because] = cause === undefined ? [] : copied(cause, budget);
  return {
    ...(because !== undefined && { cause: because }),
    ...(errors.length > 0 && { errors }),
  };
}

function copied(value: unknown, budget: Budget): Copied[] {
  if (budget.left === 0 || budget.seen.has(value)) return [];
  budget.left--;
  if (isError(value)) return [{ error: copyOf(value, budget) }];
  return canBeCopied(value) ? [{ value }] : [{ value: failureOf(value).message }];
}

function isError(value: unknown): boolean {
  try {
    return describe(value).errtype !== 'NotAnError';
  } catch {
    // A look at it throws: it is copied as an error that says so.
    return true;
  }
}

function insides(thrown: unknown): Pick<ErrorCopy, 'classes' | 'fields'> {
  const fields: Record<string, unknown> = {};
  try {
    if (typeof thrown !== 'object' || thrown === null) return { classes: [], fields };
    const { members } = behind(thrown);
    for (const [name, value] of Object.entries(thrown)) {
      if (name === 'cause' || (name === 'errors' && members.length > 0)) continue; // copied with what is behind them
      if (canBeCopied(value)) fields[name] = value;
    }
    return { classes: classNames(thrown), fields };
  } catch {
    // A proxy that throws when it is looked at: failureOf has said so, there is nothing more to tell.
    return { classes: [], fields };
  }
}

function canBeCopied(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    // What structuredClone refuses (functions, sockets) cannot travel: that is the answer.
    return false;
  }
}

/** The error again: FaktoryError and JobTimeout as themselves, all others as an Error with name, stack, fields and causes of the first. */
export function restoreError(copy: ErrorCopy): Error {
  const { name, message, frames, classes, fields, errors } = copy;
  const options = copy.cause === undefined ? {} : { cause: restored(copy.cause) };
  if (name === 'FaktoryError') return new FaktoryError(fields.code as ErrorCode, message, options);
  if (name === 'JobTimeout') return new JobTimeout(Number(fields.limit), options);
  const error = Object.assign(new Error(message, options), fields);
  error.message = message;
  Object.defineProperty(error, 'name', { value: name });
  if (errors !== undefined) Object.defineProperty(error, 'errors', { value: errors.map(restored) });
  error.stack = [`${name}: ${message}`, ...frames.map((frame) => `    ${frame}`)].join('\n');
  rememberClasses(error, classes);
  return error;
}

function restored(copy: Copied): unknown {
  return 'error' in copy ? restoreError(copy.error) : copy.value;
}
