/**
 * Sorts the members of an object by their keys, in parts: a merge sort, so that it can stop after each comparison.
 */
const RUN = 256; // members that are sorted in one go
const LOOK = 16; // characters that a comparison counts beside those that it may compare

/** The members by key, equal ones in their old order. Yields where `spend` returns true; it gets the work since its last call. */
export function* inOrder<Each extends { readonly key: string }>(
  members: readonly Each[],
  spend: (characters: number) => boolean,
): Generator<void, readonly Each[]> {
  let runs: (readonly Each[])[] = [];
  for (let start = 0; start < members.length; start += RUN) {
    const run = members.slice(start, start + RUN).sort(byKey);
    runs.push(run);
    if (spend(8 * run.reduce((sum, { key }) => sum + LOOK + lookedAt(key), 0))) yield;
  }
  while (runs.length > 1) {
    const merged: (readonly Each[])[] = [];
    for (let index = 0; index < runs.length; index += 2) {
      const [one = [], other] = [runs[index], runs[index + 1]];
      merged.push(other === undefined ? one : yield* merge(one, other, spend));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<Each extends { readonly key: string }>(
  one: readonly Each[],
  other: readonly Each[],
  spend: (characters: number) => boolean,
): Generator<void, readonly Each[]> {
  const result: Each[] = [];
  let [i, j] = [0, 0];
  while (i < one.length && j < other.length) {
    const [a, b] = [one[i] as Each, other[j] as Each];
    const takesOther = b.key < a.key;
    result.push(takesOther ? b : a);
    if (takesOther) j++;
    else i++;
    if (spend(LOOK + lookedAt(a.key))) yield;
  }
  for (; i < one.length; i++) result.push(one[i] as Each);
  for (; j < other.length; j++) result.push(other[j] as Each);
  return result;
}

/** Comparing characters is fast: 16 of them take the time of reading one. */
const lookedAt = (key: string): number => key.length >> 4;

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
