/*
 * What a handler threw, as the server stores it: type, message, backtrace.
 * It must never throw itself, whatever was thrown: a string, undefined, a cyclic object, a proxy that throws at every touch.
 * A stranger would get wrong that a backtrace is sent only when the job asks for one, by its number of lines.
 */

import { inspect } from 'node:util';

/** A failure, cut to what the server keeps: 100 and 1000 characters, 50 lines. */
export interface Failure {
  errtype: string;
  message: string;
  backtrace: string[];
}

const longestType = 100;
const longestMessage = 1000;
const mostLines = 50;

/**
 * Describes what was thrown.
 *
 * @param lines how many lines of backtrace the job wants: its `backtrace` field; none when absent
 */
export function failureOf(thrown: unknown, lines = 0): Failure {
  try {
    const { errtype, message, stack } = isErrorLike(thrown) ? describeError(thrown) : describeOther(thrown);
    const wanted = Math.min(lines, mostLines);
    return {
      errtype: errtype.slice(0, longestType),
      message: message.slice(0, longestMessage),
      backtrace: wanted > 0 ? frames(stack).slice(0, wanted) : [],
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it throws when it is looked at';
    return { errtype: 'Unreadable', message: `what was thrown cannot be read: ${reason}`, backtrace: [] };
  }
}

/** A failure that is no thrown thing: only a type and a message, cut as others are. */
export function plainFailure(errtype: string, message: string): Failure {
  return {
    errtype: errtype.slice(0, longestType),
    message: message.slice(0, longestMessage),
    backtrace: [],
  };
}

interface Description {
  errtype: string;
  message: string;
  stack: string;
}

/** Errors of another realm are no `instanceof Error`; what looks like one is one. */
function isErrorLike(thrown: unknown): thrown is { name?: unknown; message: string; stack?: unknown } {
  return (
    typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string'
  );
}

function describeError(error: { name?: unknown; message: string; stack?: unknown }): Description {
  const named = typeof error.name === 'string' ? error.name : '';
  // A subclass that sets no name of its own inherits "Error"; its class says more.
  const errtype = named === '' || named === 'Error' ? error.constructor?.name || 'Error' : named;
  return {
    errtype,
    message: error.message || errtype,
    stack: typeof error.stack === 'string' ? error.stack : '',
  };
}

function describeOther(thrown: unknown): Description {
  const message =
    typeof thrown === 'string'
      ? thrown
      : inspect(thrown, { depth: 2, maxStringLength: 500, breakLength: 200 });
  return { errtype: 'NotAnError', message: message || 'an empty text was thrown', stack: '' };
}

function frames(stack: string): string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
}
