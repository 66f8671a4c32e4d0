/**
 * Counts of jobs and histograms of their times since the start, in memory.
 *
 * The engine raises them on the path of each job, so this costs a few additions only: the `Kind` of
 * a job is looked up at its hand-out and stored with the reservation. Clients choose the names of
 * queues and jobtypes, so their number is bounded; all others count as `other`.
 * Note: counts of a commit that failed are not taken back.
 */

/** A histogram: how many values fell under each bound, their sum and their largest. */
export class Histogram {
  readonly bounds: readonly number[];
  /** One more than `bounds`: the last one counts values above all bounds. */
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

/** Counts of the jobs of one jobtype in one queue. */
export interface Kind {
  readonly queue: string;
  readonly jobtype: string;
  pushed: number;
  fetched: number;
  /** Executions by their end; `failed` are retried, `released` were put back. */
  done: number;
  failed: number;
  dead: number;
  discarded: number;
  released: number;
  /** The part of `failed` and `dead` whose worker sent no beat in time. */
  lost: number;
  /** Seconds from enqueue to hand-out. */
  readonly wait: Histogram;
  /** Seconds from hand-out to the end. */
  readonly run: Histogram;
}

// Bounds in one decade. Neighbours differ by a factor of 1.5 at most, which limits the error of a
// percentile between them.
const steps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
const decades = [0.0001, 0.001, 0.01, 0.1, 1];
/**
 * Bounds in seconds of the histograms of wait and run, 0.1 ms to 30 days. They include all bounds
 * of `waitBounds` and `runBounds`.
 * Note: do not change the list alone, because the history on disk is counts between these bounds.
 * Another list needs another kind of row in sqlite/history/tally.ts.
 */
export const timeBounds: readonly number[] = [
  ...decades.flatMap((decade) => steps.map((step) => Number((step * decade).toPrecision(2)))),
  ...[10, 15, 20, 25, 30, 40, 50, 60, 90],
  ...[2, 3, 4, 5, 7.5, 10, 15, 20, 30, 45].map((minutes) => minutes * 60),
  ...[1, 1.5, 2, 3, 4, 6, 9, 12, 18].map((hours) => hours * 3600),
  ...[1, 1.5, 2, 3, 4, 6, 8, 12, 18, 25, 30].map((days) => days * 86_400),
];
/** Bounds in seconds of waits in /metrics. Few, because each bound is a series of each `Kind`. */
export const waitBounds: readonly number[] = [
  0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 3600, 21_600, 86_400,
];
/** Bounds in seconds of runs in /metrics. */
export const runBounds: readonly number[] = [
  0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800,
];
const mostQueues = 1000;
const mostTypes = 200;
const mostKinds = 2000; // fewer than mostQueues * mostTypes
const other = 'other';

export class Meter {
  readonly #kinds = new Map<string, Map<string, Kind>>();
  readonly #types = new Set<string>();
  #count = 0;
  /** Dead jobs that were deleted because the dead set was over its limit. */
  evicted = 0;
  /** Jobs that were deleted because their deadline had passed. */
  expired = 0;
  /** Called at the end of each execution with its seconds and whether it failed. */
  ended: ((kind: Kind, seconds: number, failed: boolean) => void) | undefined;

  /** The counts for a job of this queue and jobtype. */
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

/** A copy of the text, because a substring would keep the whole document of the job in memory. */
function whole(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
