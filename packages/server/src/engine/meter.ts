/**
 * What is counted of jobs since the start: plain numbers, raised where the engine works, and read when somebody asks.
 *
 * It must never cost the path of a job more than some additions: what a job is counted under is looked up once, at its hand-out, and
 * kept with the hold. Names come from clients, so how many are kept apart is bounded; all others are `other`. What a failed commit took
 * back stays counted.
 */

/** How often values fell up to each bound, their sum, and the largest of a while. */
export class Histogram {
  readonly bounds: readonly number[];
  /** One more than bounds: the last has none. */
  readonly counts: number[];
  sum = 0;
  /** The largest value since this was last set to 0. */
  peak = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  add(value: number): void {
    const { bounds } = this;
    let [at, end] = [0, bounds.length];
    while (at < end) {
      const middle = (at + end) >>> 1;
      if (value > (bounds[middle] as number)) at = middle + 1;
      else end = middle;
    }
    this.counts[at] = (this.counts[at] as number) + 1;
    this.sum += value;
    if (value > this.peak) this.peak = value;
  }
}

/** Jobs of one jobtype in one queue. */
export interface Kind {
  readonly queue: string;
  readonly jobtype: string;
  pushed: number;
  fetched: number;
  /** Executions by how they ended; `failed` have another try. */
  done: number;
  failed: number;
  dead: number;
  discarded: number;
  released: number;
  /** Those of failed and dead whose worker fell silent. */
  lost: number;
  /** Seconds from the queue into a worker's hands. */
  readonly wait: Histogram;
  /** Seconds in a worker's hands. */
  readonly run: Histogram;
}

/** Of a decade: neighbours differ by a half at most, so a percentile read between them is at most that far off. */
const steps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
const decades = [0.0001, 0.001, 0.01, 0.1, 1];
/**
 * Seconds: what waits and runs are counted by, 0.1 ms to 30 days. All of `waitBounds` and `runBounds` are in it.
 * Note: history on the disk is counts between these bounds; another list needs another kind of row (tally.ts).
 */
export const timeBounds: readonly number[] = [
  ...decades.flatMap((decade) => steps.map((step) => Number((step * decade).toPrecision(2)))),
  ...[10, 15, 20, 25, 30, 40, 50, 60, 90],
  ...[2, 3, 4, 5, 7.5, 10, 15, 20, 30, 45].map((minutes) => minutes * 60),
  ...[1, 1.5, 2, 3, 4, 6, 9, 12, 18].map((hours) => hours * 3600),
  ...[1, 1.5, 2, 3, 4, 6, 8, 12, 18, 25, 30].map((days) => days * 86_400),
];
/** Seconds, of the histograms in /metrics: each bound is a series of each jobtype and queue. */
export const waitBounds: readonly number[] = [
  0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 3600, 21_600, 86_400,
];
/** Seconds, the same. */
export const runBounds: readonly number[] = [
  0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800,
];
const mostQueues = 1000;
const mostTypes = 200;
const mostKinds = 2000; // queues times jobtypes would be far more
const other = 'other';

export class Meter {
  readonly #kinds = new Map<string, Map<string, Kind>>();
  readonly #types = new Set<string>();
  #count = 0;
  /** Dead jobs that were deleted because the dead set was over its limit. */
  evicted = 0;
  /** Told of each execution that ended, how long it took in seconds, and whether it failed. */
  ended: ((kind: Kind, seconds: number, failed: boolean) => void) | undefined;

  /** What a job is counted under. */
  kind(queue: string, jobtype: string): Kind {
    return this.#kinds.get(queue)?.get(jobtype) ?? this.#make(queue, jobtype);
  }

  kinds(): Kind[] {
    return [...this.#kinds.values()].flatMap((types) => [...types.values()]);
  }

  #make(askedQueue: string, askedType: string): Kind {
    if (this.#count >= mostKinds && askedQueue !== other) return this.kind(other, other);
    const queue = this.#kinds.has(askedQueue) || this.#kinds.size < mostQueues ? askedQueue : other;
    const jobtype = this.#types.has(askedType) || this.#types.size < mostTypes ? whole(askedType) : other;
    const types = this.#kinds.get(queue) ?? new Map<string, Kind>();
    this.#kinds.set(queue, types);
    const known = types.get(jobtype);
    if (known) return known;
    this.#types.add(jobtype);
    const counts = { pushed: 0, fetched: 0, done: 0, failed: 0, dead: 0, discarded: 0, released: 0, lost: 0 };
    const times = { wait: new Histogram(timeBounds), run: new Histogram(timeBounds) };
    const kind = { queue, jobtype, ...counts, ...times };
    types.set(jobtype, kind);
    this.#count++;
    return kind;
  }
}

/** A text of its own: a part of a job's document would keep all of that in memory. */
function whole(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
