/**
 * The settings of one jobtype, valid for inline and isolated handlers, and their checks. An unknown
 * option is an error, because a misspelt limit would be no limit.
 */

import { inspect } from 'node:util';
import { FaktoryError, unknownOption } from '@faktory-ts/protocol';
import type { ErrorRule } from './error-rules.ts';

/** Settings of one jobtype. Times are milliseconds, counted from the start of the handler. */
export interface HandlerOptions {
  /**
   * At this time the context's `signal` is aborted with a {@link JobTimeout}. A handler that throws
   * after that fails with errtype `JobTimeout`; one that returns is done. `Infinity` = no limit.
   * Default: the worker's.
   */
  readonly timeout?: number | undefined;
  /**
   * At this time the job fails with errtype `JobTimeout`. The thread or process of an isolated
   * handler is ended; a handler in the worker's own thread cannot be ended and continues beside
   * later jobs. `Infinity` = no limit. Default: the worker's.
   */
  readonly hardTimeout?: number | undefined;
  /** Most jobs of this type that run at once in this worker. Default: the worker's concurrency. */
  readonly concurrency?: number | undefined;
  /**
   * Decides a job's outcome by the class of its error: the first match, before the worker's rules.
   */
  readonly errors?: readonly ErrorRule[] | undefined;
  /**
   * Returns the milliseconds until the retry, instead of the server's delay, when no rule of
   * `errors` decides. `attempt` is the number of the failed attempt, 1 for the first. A bad result
   * or a throw is logged, and the server's delay is used.
   */
  readonly retryDelay?: ((attempt: number, error: unknown) => number) | undefined;
}

const own = {
  timeout: 0,
  hardTimeout: 0,
  concurrency: 0,
  errors: 0,
  retryDelay: 0,
} satisfies Record<keyof HandlerOptions, 0>;
// The other settings are read elsewhere, but a misspelt name may mean one of them.
const names = ['run', 'file', 'isolation', ...Object.keys(own)];

const longestTimer = 2 ** 31 - 1;

/** Throws `CONFIG` for the first bad option, named after `where`. */
export function readHandlerOptions(where: string, options: Record<string, unknown>): HandlerOptions {
  const unknown = unknownOption(options, names, `${where}.`);
  if (unknown !== undefined) throw new FaktoryError('CONFIG', unknown);
  const { timeout, hardTimeout, concurrency, errors, retryDelay } = options;
  checkLimit(`${where}.timeout`, timeout);
  checkLimit(`${where}.hardTimeout`, hardTimeout);
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && (concurrency as number) >= 1)) {
    throw new FaktoryError('CONFIG', `${where}.concurrency must be a whole number, 1 or more`);
  }
  if (errors !== undefined) checkErrorRules(`${where}.errors`, errors);
  if (retryDelay !== undefined && typeof retryDelay !== 'function') {
    throw new FaktoryError(
      'CONFIG',
      `${where}.retryDelay must be a function (attempt, error) => milliseconds`,
    );
  }
  return options;
}

/**
 * The time limits of a handler in milliseconds. `Infinity` = none, even when the worker has one.
 */
export interface TimeLimits {
  readonly timeout?: number | undefined;
  readonly hardTimeout?: number | undefined;
}

/**
 * Returns the finite limits. Throws `CONFIG` for a bad limit, and for limits that contradict each
 * other.
 */
export function timeLimits(where: string, { timeout, hardTimeout }: TimeLimits): TimeLimits {
  checkLimit(`${where}timeout`, timeout);
  checkLimit(`${where}hardTimeout`, hardTimeout);
  const soft = Number.isFinite(timeout) ? timeout : undefined;
  const hard = Number.isFinite(hardTimeout) ? hardTimeout : undefined;
  if (soft !== undefined && hard !== undefined && soft >= hard) {
    throw new FaktoryError(
      'CONFIG',
      `${where}timeout is ${soft} and must be less than hardTimeout, ${hard}, because the handler is asked to end first. Infinity = no limit`,
    );
  }
  return { ...(soft !== undefined && { timeout: soft }), ...(hard !== undefined && { hardTimeout: hard }) };
}

function checkLimit(where: string, value: unknown): asserts value is number | undefined {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return;
  if (typeof value === 'number' && value >= 1 && value <= longestTimer) return;
  throw new FaktoryError(
    'CONFIG',
    `${where} is ${inspect(value)}; it must be between 1 and ${longestTimer} milliseconds, or Infinity for no limit`,
  );
}

/** Throws `CONFIG` unless the value is a list of pairs, each a class and a ruling. */
export function checkErrorRules(where: string, rules: unknown): asserts rules is readonly ErrorRule[] {
  if (!Array.isArray(rules))
    throw new FaktoryError('CONFIG', `${where} must be a list of [class, ruling] pairs`);
  for (const [at, rule] of rules.entries()) {
    const [type, ruling] = Array.isArray(rule) ? rule : [];
    if (typeof type !== 'function') {
      throw new FaktoryError('CONFIG', `${where}[${at}] must begin with a class of errors`);
    }
    if (!isRuling(ruling)) {
      throw new FaktoryError(
        'CONFIG',
        `${where}[${at}] must end with 'retry', 'discard', 'kill', { retryIn: milliseconds } or a function`,
      );
    }
  }
}

function isRuling(ruling: unknown): boolean {
  if (typeof ruling === 'function' || ['retry', 'discard', 'kill'].includes(ruling as string)) return true;
  const retryIn = (ruling as { retryIn?: unknown } | undefined)?.retryIn;
  return typeof retryIn === 'number' && Number.isFinite(retryIn) && retryIn >= 0;
}
