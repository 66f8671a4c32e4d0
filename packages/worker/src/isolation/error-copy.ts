/*
 * An error on its way between threads or processes: taken apart to plain data, put together again as an Error.
 * It must never fail, whatever was thrown. A stranger would get wrong that the copy is of no class but Error: its classes' names travel
 * beside it, so that `errors` rules still find it.
 */

import { type ErrorCode, FaktoryError } from '@faktory-ts/protocol';
import { classNames, rememberClasses } from '../error-rules.ts';
import { failureOf } from '../failure.ts';
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
}

const allFrames = 50;

export function copyError(thrown: unknown): ErrorCopy {
  const { errtype, message, backtrace } = failureOf(thrown, allFrames);
  return { name: errtype, message, frames: backtrace, ...insides(thrown) };
}

function insides(thrown: unknown): Pick<ErrorCopy, 'classes' | 'fields'> {
  const fields: Record<string, unknown> = {};
  try {
    if (typeof thrown !== 'object' || thrown === null) return { classes: [], fields };
    for (const [name, value] of Object.entries(thrown)) {
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

/** The error again: FaktoryError and JobTimeout as themselves, all others as an Error with name, stack and fields of the first. */
export function restoreError({ name, message, frames, classes, fields }: ErrorCopy): Error {
  if (name === 'FaktoryError') return new FaktoryError(fields.code as ErrorCode, message);
  if (name === 'JobTimeout') return new JobTimeout(Number(fields.limit));
  const error = Object.assign(new Error(message), fields);
  error.message = message;
  Object.defineProperty(error, 'name', { value: name });
  error.stack = [`${name}: ${message}`, ...frames.map((frame) => `    ${frame}`)].join('\n');
  rememberClasses(error, classes);
  return error;
}
