/*
 * In which order each FETCH names the queues.
 * It must never leave a queue out: weights say what comes first, not what comes at all. A stranger would get wrong that the server
 * tries queues strictly in the order of each FETCH; fairness between queues is the worker's choice, made here.
 */

import { inspect } from 'node:util';
import { FaktoryError, queueName } from '@faktory-ts/protocol';

/**
 * One name, or names in strict order: the first is emptied before the second is looked at. Or weights: `{ a: 3, b: 1 }` asks a first
 * 3 times of 4.
 */
export type Queues = string | readonly string[] | Readonly<Record<string, number>>;

/** The names of the queues. Note: a text alone is one name; its letters are none. */
export function queueNames(queues: Queues): readonly string[] {
  if (typeof queues === 'string') return [queues];
  return Array.isArray(queues) ? queues : Object.keys(queues);
}

/** Gives the order for the next FETCH. Throws `CONFIG` for no queue, a bad name, a repeated one, or a weight that is not above 0. */
export function queueOrder(
  queues: Queues,
  order: 'strict' | 'round-robin' = 'strict',
  random: () => number = Math.random,
): () => readonly string[] {
  if (!isQueues(queues)) {
    throw new FaktoryError(
      'CONFIG',
      `queues is ${inspect(queues, { depth: 0 })}; it must be a name, a list of names, or weights by name: { critical: 3, default: 1 }`,
    );
  }
  const strict = typeof queues === 'string' || Array.isArray(queues);
  const names = [...queueNames(queues)];
  if (names.length === 0) throw new FaktoryError('CONFIG', 'a worker needs at least one queue');
  for (const name of names) {
    if (typeof name !== 'string' || !queueName.test(name)) {
      throw new FaktoryError(
        'CONFIG',
        `${JSON.stringify(name)} cannot be a queue: letters, digits, . _ and - only`,
      );
    }
  }
  if (new Set(names).size < names.length) throw new FaktoryError('CONFIG', 'a queue is named twice');
  if (order !== 'strict' && order !== 'round-robin') {
    throw new FaktoryError('CONFIG', 'queueOrder must be strict or round-robin');
  }
  if (strict) return order === 'strict' ? () => names : inTurn(names);
  if (order === 'round-robin') {
    throw new FaktoryError('CONFIG', 'queueOrder is for queues in a list; weights have their own order');
  }
  const weights = Object.entries(queues as Readonly<Record<string, number>>);
  for (const [name, weight] of weights) {
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new FaktoryError('CONFIG', `the weight of queue ${name} must be a number above 0`);
    }
  }
  return () => drawn(weights, random);
}

/** A Set or a Map has no own keys: it would be a worker without queues. */
function isQueues(queues: unknown): boolean {
  if (typeof queues === 'string' || Array.isArray(queues)) return true;
  if (typeof queues !== 'object' || queues === null) return false;
  return !(queues instanceof Map || queues instanceof Set);
}

/** Each queue is first in its turn, the others behind it. */
function inTurn(names: readonly string[]): () => readonly string[] {
  let first = -1;
  return () => {
    first = (first + 1) % names.length;
    return [...names.slice(first), ...names.slice(0, first)];
  };
}

/** All queues, drawn one after another, each with a chance by its weight among those left. */
function drawn(
  weights: readonly (readonly [name: string, weight: number])[],
  random: () => number,
): string[] {
  // -ln(u)/w is how long a queue with rate w takes to arrive; the order of arrival is the weighted draw.
  const arrivals = weights.map(([name, weight]) => ({ name, at: -Math.log(1 - random()) / weight }));
  return arrivals.sort((a, b) => a.at - b.at).map(({ name }) => name);
}
