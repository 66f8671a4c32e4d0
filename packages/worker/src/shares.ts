/*
 * How many jobs to ask of which queue, when the order of the queues changes from FETCH to FETCH.
 * It must never ask for less than what is wanted. A stranger would get wrong why one FETCHB is not enough: it empties its first
 * queue before it looks at the second, so a weight would say who is emptied first, not who gets how much.
 */

/** A part of what is asked for, with its order of queues. */
export interface Share {
  readonly names: readonly string[];
  readonly count: number;
}

const mostDraws = 20;

/** Many jobs under orders that change from FETCH to FETCH: a FETCHB for each queue that comes first, by how often it does. */
export function shares(queues: () => readonly string[], count: number): Share[] {
  const first = queues();
  const draws = Math.min(count, mostDraws);
  const counts = new Map([
    [first[0], { names: first, count: count - Math.floor(count / draws) * (draws - 1) }],
  ]);
  for (let draw = 1; draw < draws; draw++) {
    const names = queues();
    const share = counts.get(names[0]) ?? { names, count: 0 };
    share.count += Math.floor(count / draws);
    counts.set(names[0], share);
  }
  return [...counts.values()];
}

/** Both in their own order, each spread evenly over the whole. */
export function merged<Entry>(left: readonly Entry[], right: readonly Entry[]): Entry[] {
  const all: Entry[] = [];
  let taken = 0;
  for (const [index, entry] of left.entries()) {
    all.push(entry);
    for (; taken * left.length < (index + 1) * right.length; taken++) all.push(right[taken] as Entry);
  }
  all.push(...right.slice(taken));
  return all;
}
