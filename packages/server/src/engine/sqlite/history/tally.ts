/**
 * What happened in some time: events by queue and jobtype, and how long jobs waited and ran. As an object to add to, and as the text that
 * the store keeps of a minute or an hour. Both threads use it; it must never touch the store.
 *
 * Rows of servers before format 7 count between coarser bounds; they are read as if all were spread evenly between these.
 *
 * However many names there are, a text has at most a hundred pairs of queue and jobtype: those with most events, and `other`.
 */
import { type EventCounts, type Percentiles, timeBounds } from '../../engine.ts';

const MOST = 100;
const other = 'other';

/** pushed, done, failed, dead. */
export type Events = [pushed: number, done: number, failed: number, dead: number];

/** What happened, and histograms of how long jobs waited and ran. */
export interface StepSummary {
  readonly events: Events;
  readonly wait: number[];
  readonly run: number[];
  /** Seconds: the longest of each; 0 of none. */
  waitMax: number;
  runMax: number;
}
/** As the text has it: of histograms the place of the first count that is not 0, then the counts from there to the last such one. */
type Row = [
  queue: string,
  jobtype: string,
  ...events: Events,
  wait: number[],
  run: number[],
  waitMax: number,
  runMax: number,
];
/** As servers before format 7 wrote it: counts from the first bound on. */
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

/** Both together. */
export function together(one: StepSummary, more: StepSummary): StepSummary {
  const sum = nothing();
  addTo(sum, one);
  addTo(sum, more);
  return sum;
}

export class Tally {
  readonly #kinds = new Map<string, Map<string, StepSummary>>();

  /** Reads what `text` wrote. */
  static of(text: string): Tally {
    const tally = new Tally();
    tally.addText(text);
    return tally;
  }

  get empty(): boolean {
    return this.#kinds.size === 0;
  }

  addText(text: string): void {
    for (const row of rowsIn(text)) this.add(row[0], row[1], glanceOf(row));
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

  /** As the store keeps it: those with most events, and the rest, to which `other` belongs. */
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

function glanceOf(row: Row | OldRow): StepSummary {
  const [, , pushed, done, failed, dead, wait, run, waitMax, runMax] = row;
  const events: Events = [pushed, done, failed, dead];
  if (waitMax !== undefined && runMax !== undefined)
    return { events, wait: dense(wait), run: dense(run), waitMax, runMax };
  const [waits, runs] = [spread(wait, oldWaitBounds), spread(run, oldRunBounds)];
  return { events, wait: waits.counts, run: runs.counts, waitMax: waits.max, runMax: runs.max };
}

/** Counts between old bounds as counts between ours. */
function spread(old: readonly number[], bounds: readonly number[]): { counts: number[]; max: number } {
  const counts = new Array<number>(timeBounds.length + 1).fill(0);
  let max = 0;
  for (const [index, count] of old.entries()) {
    if (count === 0) continue;
    const low = bounds[index - 1] ?? 0;
    max = bounds[index] ?? low;
    let told = 0;
    for (const [at, bound] of timeBounds.entries()) {
      if (bound <= low && bound < max) continue;
      if (bound > max) break;
      const upTo = max === low ? count : Math.round((count * (bound - low)) / (max - low));
      counts[at] = (counts[at] ?? 0) + upTo - told;
      told = upTo;
    }
  }
  return { counts, max };
}

/** What a text tells of a queue and a jobtype, of any where they are undefined. Makes no tally of it: pages ask for a thousand at once. */
export function summaryOf(text: string, queue: string | undefined, jobtype: string | undefined): StepSummary {
  const sum = nothing();
  for (const row of rowsIn(text))
    if ((queue ?? row[0]) === row[0] && (jobtype ?? row[1]) === row[1]) addTo(sum, glanceOf(row));
  return sum;
}

export function eventCounts([pushed, done, failed, dead]: Events): EventCounts {
  return { pushed, done, failed, dead };
}

/** Read between the bounds as if all were spread evenly there, and never more than the longest. */
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
