/**
 * Sums what happened in some time: events by queue and jobtype, and how long jobs waited and ran.
 * `Tally` is the sum in memory; its text is what the store holds of a minute or an hour.
 * Both threads use this file; it must never touch the store.
 *
 * A text has at most 100 pairs of queue and jobtype: the ones with most events. `other` is the sum
 * of the rest. Rows of servers before format 7 have coarser bounds; they are read as if values were
 * spread evenly between these.
 */
import { type EventCounts, type Percentiles, timeBounds } from '../../engine.ts';

const MOST = 100;
const other = 'other';

/** pushed, done, failed, dead. */
export type Events = [pushed: number, done: number, failed: number, dead: number];

/** Counts of events, and histograms of how long jobs waited and ran. */
export interface StepSummary {
  readonly events: Events;
  readonly wait: number[];
  readonly run: number[];
  /** The longest wait in seconds; 0: none. */
  waitMax: number;
  /** The longest run in seconds; 0: none. */
  runMax: number;
}
/**
 * A row of the text. A histogram is the index of its first count above 0, then the counts up to the
 * last above 0.
 */
type Row = [
  queue: string,
  jobtype: string,
  ...events: Events,
  wait: number[],
  run: number[],
  waitMax: number,
  runMax: number,
];
/** A row of servers before format 7: histograms have all counts from the first bound on. */
type OldRow = [queue: string, jobtype: string, ...events: Events, wait: number[], run: number[]];

const oldWaitBounds = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 3600, 21_600, 86_400];
const oldRunBounds = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

type Named = [queue: string, jobtype: string, sum: StepSummary];

const nothing = (): StepSummary => ({ events: [0, 0, 0, 0], wait: [], run: [], waitMax: 0, runMax: 0 });

function addTo(to: StepSummary, more: StepSummary): void {
  addAll(to.events, more.events);
  addAll(to.wait, more.wait);
  addAll(to.run, more.run);
  to.waitMax = Math.max(to.waitMax, more.waitMax);
  to.runMax = Math.max(to.runMax, more.runMax);
}

function addAll(to: number[], counts: readonly number[]): void {
  for (const [index, count] of counts.entries()) to[index] = (to[index] ?? 0) + count;
}

/** Returns the sum of both. */
export function together(one: StepSummary, more: StepSummary): StepSummary {
  const sum = nothing();
  addTo(sum, one);
  addTo(sum, more);
  return sum;
}

export class Tally {
  readonly #kinds = new Map<string, Map<string, StepSummary>>();

  /** Returns the tally of a text. */
  static of(text: string): Tally {
    const tally = new Tally();
    tally.addText(text);
    return tally;
  }

  get empty(): boolean {
    return this.#kinds.size === 0;
  }

  addText(text: string): void {
    for (const row of rowsIn(text)) this.add(row[0], row[1], summaryOfRow(row));
  }

  add(queue: string, jobtype: string, more: StepSummary): void {
    const types = this.#kinds.get(queue) ?? new Map<string, StepSummary>();
    this.#kinds.set(queue, types);
    const sum = types.get(jobtype) ?? nothing();
    types.set(jobtype, sum);
    addTo(sum, more);
  }

  merge(tally: Tally): void {
    for (const [queue, jobtype, more] of tally.kinds()) this.add(queue, jobtype, more);
  }

  kinds(): Named[] {
    return [...this.#kinds].flatMap(([queue, types]) =>
      [...types].map(([jobtype, sum]): Named => [queue, jobtype, sum]),
    );
  }

  /** Returns the text for the store: the 100 pairs with most events, and `other`. */
  text(): string {
    const named = this.kinds().filter(([queue, jobtype]) => queue !== other || jobtype !== other);
    named.sort(([, , a], [, , b]) => weight(b) - weight(a));
    const kept = new Tally();
    for (const [queue, jobtype, sum] of named.slice(0, MOST)) kept.add(queue, jobtype, sum);
    for (const [, , sum] of named.slice(MOST)) kept.add(other, other, sum);
    const rest = this.#kinds.get(other)?.get(other);
    if (rest) kept.add(other, other, rest);
    return JSON.stringify(kept.kinds().map(rowOf));
  }
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
const weight = ({ events, wait }: StepSummary): number => total(events) + total(wait);

function sparse(counts: readonly number[]): number[] {
  const first = counts.findIndex((count) => count > 0);
  return first < 0 ? [] : [first, ...counts.slice(first, counts.findLastIndex((count) => count > 0) + 1)];
}

function dense([first = 0, ...counts]: readonly number[]): number[] {
  return [...new Array<number>(first).fill(0), ...counts];
}

function rowOf([queue, jobtype, { events, wait, run, waitMax, runMax }]: Named): Row {
  return [queue, jobtype, ...events, sparse(wait), sparse(run), waitMax, runMax];
}

const rowsIn = (text: string): (Row | OldRow)[] => JSON.parse(text) as (Row | OldRow)[];

function summaryOfRow(row: Row | OldRow): StepSummary {
  const [, , pushed, done, failed, dead, wait, run, waitMax, runMax] = row;
  const events: Events = [pushed, done, failed, dead];
  if (waitMax !== undefined && runMax !== undefined)
    return { events, wait: dense(wait), run: dense(run), waitMax, runMax };
  const [waits, runs] = [spread(wait, oldWaitBounds), spread(run, oldRunBounds)];
  return { events, wait: waits.counts, run: runs.counts, waitMax: waits.max, runMax: runs.max };
}

/** Converts counts between old bounds to counts between `timeBounds`. */
function spread(old: readonly number[], bounds: readonly number[]): { counts: number[]; max: number } {
  const counts = new Array<number>(timeBounds.length + 1).fill(0);
  let max = 0;
  for (const [index, count] of old.entries()) {
    if (count === 0) continue;
    const low = bounds[index - 1] ?? 0;
    max = bounds[index] ?? low;
    let placed = 0;
    for (const [at, bound] of timeBounds.entries()) {
      if (bound <= low && bound < max) continue;
      if (bound > max) break;
      const upTo = max === low ? count : Math.round((count * (bound - low)) / (max - low));
      counts[at] = (counts[at] ?? 0) + upTo - placed;
      placed = upTo;
    }
  }
  return { counts, max };
}

/**
 * Returns the counts of a queue and a jobtype; undefined means all of them.
 * It builds no tally, because pages ask for a thousand texts at once.
 */
export function summaryOf(text: string, queue: string | undefined, jobtype: string | undefined): StepSummary {
  const sum = nothing();
  for (const row of rowsIn(text))
    if ((queue ?? row[0]) === row[0] && (jobtype ?? row[1]) === row[1]) addTo(sum, summaryOfRow(row));
  return sum;
}

export function eventCounts([pushed, done, failed, dead]: Events): EventCounts {
  return { pushed, done, failed, dead };
}

/** Computes percentiles as if values were spread evenly between two bounds; none exceeds `max`. */
export function percentiles(
  counts: readonly number[],
  bounds: readonly number[],
  max: number,
): Percentiles | undefined {
  const all = total(counts);
  if (all === 0) return undefined;
  const at = (share: number): number => {
    let [rest, index] = [share * all, 0];
    while (index < counts.length - 1 && rest > (counts[index] ?? 0)) rest -= counts[index++] ?? 0;
    const high = Math.min(bounds[index] ?? max, max);
    const low = Math.min(bounds[index - 1] ?? 0, high);
    return low + (high - low) * Math.min(rest / (counts[index] || 1), 1);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
