/*
 * What becomes of a job by the class of what its handler threw.
 * It must never make things worse: a rule that throws or says nonsense is told to the log, and the job fails as without it. A stranger
 * would get wrong that an error from a thread or process is a copy and no `instanceof` anything: it is matched by its classes' names.
 */

import type { JobContext } from './context.ts';
import { type Failure, failureOf } from './failure.ts';
import { type Outcome, wholeSeconds } from './outcome.ts';

/**
 * What to make of an error: forget the job, send it to the dead set, try again after `retryIn` milliseconds, or `'retry'` by the server's
 * own curve.
 */
export type Ruling = 'retry' | 'discard' | 'kill' | { readonly retryIn: number };

/**
 * A class of errors, and the ruling for them or a function that finds it. A function that gives undefined leaves it to the next rule.
 * For an isolated handler the error is a copy with the name, the message and those own fields that can be copied.
 */
export type ErrorRule = readonly [
  type: ErrorClass,
  // biome-ignore lint/suspicious/noExplicitAny: a list cannot say for each of its rules which error its function gets; errorRule() can
  ruling: Ruling | ((error: any, context: JobContext) => Ruling | undefined),
];

/** A class whose instances can be thrown. */
export type ErrorClass<E = unknown> = abstract new (...args: never[]) => E;

/**
 * A rule whose function knows the type of its error.
 *
 * @example
 * ```ts
 * class RateLimited extends Error {
 *   wait = 1000;
 * }
 * const errors = [errorRule(RateLimited, (error) => ({ retryIn: error.wait }))];
 * ```
 */
export function errorRule<E>(
  type: ErrorClass<E>,
  ruling: Ruling | ((error: E, context: JobContext) => Ruling | undefined),
): ErrorRule {
  return [type, ruling];
}

const copies = new WeakMap<object, readonly string[]>();

/** Remembers of which classes an error was, where it was thrown. */
export function rememberClasses(copy: object, names: readonly string[]): void {
  copies.set(copy, names);
}

/** The names of all classes of what was thrown, its own first. */
export function classNames(thrown: unknown): string[] {
  const names: string[] = [];
  let at: unknown = thrown;
  while (typeof at === 'object' && at !== null) {
    at = Object.getPrototypeOf(at);
    const made = (at as { constructor?: { name?: unknown } } | null)?.constructor?.name;
    if (typeof made === 'string') names.push(made);
  }
  return names;
}

/** The outcome by the first rule that has one. Undefined = no rule does. */
export function ruleOn(
  rules: readonly ErrorRule[],
  thrown: unknown,
  failure: Failure,
  context: JobContext,
): Outcome | undefined {
  for (const [type, ruling] of rules) {
    try {
      if (!isOf(thrown, type)) continue;
      const said = typeof ruling === 'function' ? ruling(thrown, context) : ruling;
      if (said !== undefined) return outcomeOf(said, failure);
    } catch (error) {
      const why = failureOf(error).message;
      context.log.warn(`the errors rule for ${type.name} failed, so the job fails as without it: ${why}`);
      return { to: 'failed', failure };
    }
  }
  return undefined;
}

function isOf(thrown: unknown, type: ErrorClass): boolean {
  if (thrown instanceof type) return true;
  return typeof thrown === 'object' && thrown !== null && (copies.get(thrown)?.includes(type.name) ?? false);
}

function outcomeOf(said: Ruling, failure: Failure): Outcome {
  if (said === 'retry') return { to: 'failed', failure };
  if (said === 'discard') return { to: 'failed', failure, fate: 'discarded' };
  if (said === 'kill') return { to: 'failed', failure, fate: 'dead' };
  const retryIn = wholeSeconds((said as { retryIn?: unknown } | null)?.retryIn);
  if (retryIn === undefined)
    throw new TypeError('it must say retry, discard, kill or { retryIn: milliseconds }');
  return { to: 'failed', failure, retryIn };
}
