/**
 * Copies an error between threads or processes: makes plain data of it and an Error of that, with
 * its causes. Never fails, whatever was thrown.
 *
 * Note: the copy has only the class Error, so the names of its classes are copied too, for `errors`
 * rules.
 */

import { type ErrorCode, FaktoryError } from '@faktory-ts/protocol';
import { behind, describe, mostLinks } from '../causes.ts';
import { classNames, rememberClasses } from '../error-rules.ts';
import { failureOf, frames } from '../failure.ts';
import { JobTimeout } from '../job-errors.ts';

/** An error as plain data. */
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

/** An error, or another value that can be copied. */
type Copied = { error: ErrorCopy } | { value: unknown };

const allFrames = 50;
const longestText = 1000;

export function copyError(thrown: unknown): ErrorCopy {
  return copyOf(thrown, { left: mostLinks, seen: new Set() });
}

/** How many more errors may be copied, and which were: a cause can be the error itself. */
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
    // It throws when it is read; failureOf describes that.
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
    // It throws when it is read: it is copied as an error that says so.
    return true;
  }
}

function insides(thrown: unknown): Pick<ErrorCopy, 'classes' | 'fields'> {
  const fields: Record<string, unknown> = {};
  try {
    if (typeof thrown !== 'object' || thrown === null) return { classes: [], fields };
    const { members } = behind(thrown);
    for (const [name, value] of Object.entries(thrown)) {
      // copied as links
      if (name === 'cause' || (name === 'errors' && members.length > 0)) continue;
      if (canBeCopied(value)) fields[name] = value;
    }
    return { classes: classNames(thrown), fields };
  } catch {
    // A proxy that throws when it is read: failureOf has described that.
    return { classes: [], fields };
  }
}

function canBeCopied(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    // structuredClone refuses functions, sockets and the like.
    return false;
  }
}

/**
 * Makes an error of the data: FaktoryError and JobTimeout as themselves, any other as an Error with
 * the original name, stack, fields and causes.
 */
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
