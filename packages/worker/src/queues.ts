/**
 * Decides the order of the queues in each FETCH. Every FETCH names every queue; weights only decide
 * the order.
 *
 * Note: the server tries the queues of a FETCH strictly in order, so fairness between queues is
 * decided here.
 */

import { inspect } from 'node:util';
import { FaktoryError, queueName } from '@faktory-ts/protocol';

/**
 * One name, or names in strict order: jobs of the second queue run only when the first is empty. Or
 * weights: `{ a: 3, b: 1 }` puts a first in 3 of 4 fetches.
 */
export type Queues = string | readonly string[] | Readonly<Record<string, number>>;

/** The names of the queues. Note: a string is one name. */
export function queueNames(queues: Queues): readonly string[] {
  if (typeof queues === 'string') return [queues];
  return Array.isArray(queues) ? queues : Object.keys(queues);
}

/**
 * Returns a function that returns the order for the next FETCH. Throws `CONFIG` for no queue, a bad
 * name, a repeated name, or a weight that is not above 0.
 */
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
        `${JSON.stringify(name)} cannot be a queue: use letters, digits, . _ -`,
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

/** Refuses a Set or a Map: it has no own keys, so the worker would have no queues. */
function isQueues(queues: unknown): boolean {
  if (typeof queues === 'string' || Array.isArray(queues)) return true;
  if (typeof queues !== 'object' || queues === null) return false;
  return !(queues instanceof Map || queues instanceof Set);
}

/** Each queue is first in turn; the others follow. */
function inTurn(names: readonly string[]): () => readonly string[] {
  let first = -1;
  return () => {
    first = (first + 1) % names.length;
    return [...names.slice(first), ...names.slice(0, first)];
  };
}

/** Draws all queues one after another; the chance of each is its weight among those left. */
function drawn(
  weights: readonly (readonly [name: string, weight: number])[],
  random: () => number,
): string[] {
  // -ln(u)/w is the waiting time of an event with rate w; the order of the times is the weighted
  // draw.
  const arrivals = weights.map(([name, weight]) => ({ name, at: -Math.log(1 - random()) / weight }));
  return arrivals.sort((a, b) => a.at - b.at).map(({ name }) => name);
}
