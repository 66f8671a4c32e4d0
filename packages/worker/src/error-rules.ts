/**
 * Applies error rules: decides the outcome of a job by the class of what its handler threw. A rule
 * that throws or returns nonsense is logged, and the job fails as without the rule.
 *
 * Note: an error from a thread or process is a copy, for which `instanceof` is useless, so it is
 * matched by the names of its classes.
 */

import type { JobContext } from './context.ts';
import { type Failure, failureOf } from './failure.ts';
import { type Outcome, wholeSeconds } from './outcome.ts';

/**
 * What happens to the job: `'discard'` deletes it, `'kill'` moves it to the dead set, `retryIn`
 * retries after that many milliseconds, `'retry'` retries after the server's delay.
 */
export type Ruling = 'retry' | 'discard' | 'kill' | { readonly retryIn: number };

/**
 * A class of errors, and the ruling for them or a function that returns it. When the function
 * returns undefined, the next rule is tried. For an isolated handler the error is a copy with the
 * name, the message and those own fields that can be copied.
 */
export type ErrorRule = readonly [
  type: ErrorClass,
  // biome-ignore lint/suspicious/noExplicitAny: a list cannot type each rule's error; errorRule() can
  ruling: Ruling | ((error: any, context: JobContext) => Ruling | undefined),
];

/** A class whose instances can be thrown. */
export type ErrorClass<E = unknown> = abstract new (...args: never[]) => E;

/**
 * Makes a rule whose function knows the type of its error.
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

/** Stores the class names that an error had where it was thrown. */
export function rememberClasses(copy: object, names: readonly string[]): void {
  copies.set(copy, names);
}

/** The names of all classes of the thrown value, its own first. */
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

/** The outcome of the first rule that has one; undefined when none has. */
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
