/**
 * Divides the wanted number of jobs among queues, when the order of the queues changes from FETCH
 * to FETCH. The shares add up to the wanted number.
 *
 * Note: one FETCHB is not enough, because it empties its first queue before it uses the second; a
 * weight would only decide which queue is emptied first.
 */

/** A part of the wanted jobs, with its order of queues. */
export interface Share {
  readonly names: readonly string[];
  readonly count: number;
}

const mostDraws = 20;

/**
 * Draws orders of the queues, and returns one FETCHB for each queue that was first, sized by how
 * often it was.
 */
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

/** Merges two lists, each in its order and spread evenly over the result. */
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
