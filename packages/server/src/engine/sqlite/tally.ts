/**
 * What happened in some time: events by queue and jobtype, and how long jobs waited and ran. As an object to add to, and as the text that
 * the store keeps of a minute or an hour. Both threads use it; it must never touch the store.
 *
 * However many names there are, a text has at most a hundred pairs of queue and jobtype: those with most events, and `other`.
 */
import type { EventCounts, Percentiles } from '../engine.ts';

const MOST = 100;
const other = 'other';

/** pushed, done, failed, dead. */
export type Events = [pushed: number, done: number, failed: number, dead: number];

/** What happened, and histograms of how long jobs waited and ran. */
export interface Glance {
  readonly events: Events;
  readonly wait: number[];
  readonly run: number[];
}
/** As the text has it; zeros at the end of histograms are left out. */
type Row = [queue: string, jobtype: string, ...events: Events, wait: number[], run: number[]];

type Named = [queue: string, jobtype: string, sum: Glance];

const nothing = (): Glance => ({ events: [0, 0, 0, 0], wait: [], run: [] });

function addTo(to: Glance, more: Glance): void {
  addAll(to.events, more.events);
  addAll(to.wait, more.wait);
  addAll(to.run, more.run);
}

function addAll(to: number[], counts: readonly number[]): void {
  for (const [index, count] of counts.entries()) to[index] = (to[index] ?? 0) + count;
}

/** Both together. */
export function together(one: Glance, more: Glance): Glance {
  const sum = nothing();
  addTo(sum, one);
  addTo(sum, more);
  return sum;
}

export class Tally {
  readonly #kinds = new Map<string, Map<string, Glance>>();

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

  add(queue: string, jobtype: string, more: Glance): void {
    const types = this.#kinds.get(queue) ?? new Map<string, Glance>();
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
const weight = ({ events, wait }: Glance): number => total(events) + total(wait);

function withoutEnd(counts: readonly number[]): number[] {
  return counts.slice(0, counts.findLastIndex((count) => count > 0) + 1);
}

function rowOf([queue, jobtype, { events, wait, run }]: Named): Row {
  return [queue, jobtype, ...events, withoutEnd(wait), withoutEnd(run)];
}

const rowsIn = (text: string): Row[] => JSON.parse(text) as Row[];

function glanceOf([, , pushed, done, failed, dead, wait, run]: Row): Glance {
  return { events: [pushed, done, failed, dead], wait, run };
}

/** What a text tells of a queue and a jobtype, of any where they are undefined. Makes no tally of it: pages ask for a thousand at once. */
export function glance(text: string, queue: string | undefined, jobtype: string | undefined): Glance {
  const sum = nothing();
  for (const row of rowsIn(text))
    if ((queue ?? row[0]) === row[0] && (jobtype ?? row[1]) === row[1]) addTo(sum, glanceOf(row));
  return sum;
}

export function eventCounts([pushed, done, failed, dead]: Events): EventCounts {
  return { pushed, done, failed, dead };
}

/** Read between the bounds as if all were spread evenly there; what is above the last bound is at it. */
export function percentiles(counts: readonly number[], bounds: readonly number[]): Percentiles | undefined {
  const all = total(counts);
  if (all === 0) return undefined;
  const at = (share: number): number => {
    let [rest, index] = [share * all, 0];
    while (index < counts.length - 1 && rest > (counts[index] ?? 0)) rest -= counts[index++] ?? 0;
    const [low, high] = [bounds[index - 1] ?? 0, bounds[index] ?? bounds.at(-1) ?? 0];
    return low + (high - low) * Math.min(rest / (counts[index] || 1), 1);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
