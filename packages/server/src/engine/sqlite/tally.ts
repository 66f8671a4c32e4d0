/**
 * What happened in some time: events by queue and jobtype, and how long jobs waited and ran. As an object to add to, and as the text that
 * the store keeps of a minute or an hour. Both threads use it; it must never touch the store.
 *
 * However many names there are, a text has at most a hundred pairs, queues and jobtypes: those with most events, and `other`.
 */
import type { EventCounts, Percentiles } from '../engine.ts';

const MOST = 100;
const other = 'other';

/** pushed, done, failed, dead. */
export type Events = [pushed: number, done: number, failed: number, dead: number];
type Named = readonly [queue: string, jobtype: string, ...events: Events];
interface Text {
  readonly kinds: readonly Named[];
  /** Histograms by queue, by jobtype; zeros at the end left out. */
  readonly wait: Readonly<Record<string, readonly number[]>>;
  readonly run: Readonly<Record<string, readonly number[]>>;
}

export class Tally {
  readonly #kinds = new Map<string, Map<string, Events>>();
  readonly wait = new Map<string, number[]>();
  readonly run = new Map<string, number[]>();

  /** Reads what `text` wrote. */
  static of(text: string): Tally {
    const tally = new Tally();
    tally.addText(text);
    return tally;
  }

  get empty(): boolean {
    return this.#kinds.size + this.wait.size + this.run.size === 0;
  }

  addText(text: string): void {
    const { kinds, wait, run } = JSON.parse(text) as Text;
    for (const [queue, jobtype, ...events] of kinds) this.add(queue, jobtype, events);
    for (const [name, counts] of Object.entries(wait)) addTo(this.wait, name, counts);
    for (const [name, counts] of Object.entries(run)) addTo(this.run, name, counts);
  }

  add(queue: string, jobtype: string, events: Events): void {
    const types = this.#kinds.get(queue) ?? new Map<string, Events>();
    this.#kinds.set(queue, types);
    const known = types.get(jobtype);
    if (known) addAll(known, events);
    else types.set(jobtype, [...events]);
  }

  merge(tally: Tally): void {
    for (const [queue, jobtype, ...events] of tally.kinds()) this.add(queue, jobtype, events);
    for (const [name, counts] of tally.wait) addTo(this.wait, name, counts);
    for (const [name, counts] of tally.run) addTo(this.run, name, counts);
  }

  kinds(): Named[] {
    return [...this.#kinds].flatMap(([queue, types]) =>
      [...types].map(([jobtype, events]): Named => [queue, jobtype, ...events]),
    );
  }

  /** As the store keeps it. */
  text(): string {
    const kinds = new Tally();
    const { most, rest } = split(
      this.kinds(),
      ([queue, jobtype]) => queue === other && jobtype === other,
      weight,
    );
    for (const [queue, jobtype, ...events] of most) kinds.add(queue, jobtype, events);
    for (const [, , ...events] of rest) kinds.add(other, other, events);
    const text: Text = { kinds: kinds.kinds(), wait: bounded(this.wait), run: bounded(this.run) };
    return JSON.stringify(text);
  }
}

const weight = ([, , ...events]: Named): number => total(events);
const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

function addAll(to: number[], counts: readonly number[]): void {
  for (const [index, count] of counts.entries()) to[index] = (to[index] ?? 0) + count;
}

/** Both together. */
export function together(one: Glance, other: Glance): Glance {
  const [events, wait, run]: [Events, number[], number[]] = [[...one.events], [...one.wait], [...one.run]];
  addAll(events, other.events);
  addAll(wait, other.wait);
  addAll(run, other.run);
  return { events, wait, run };
}

function addTo(map: Map<string, number[]>, name: string, counts: readonly number[]): void {
  const known = map.get(name);
  if (known) addAll(known, counts);
  else map.set(name, [...counts]);
}

function bounded(map: ReadonlyMap<string, number[]>): Record<string, number[]> {
  const { most, rest } = split(
    [...map],
    ([name]) => name === other,
    ([, counts]) => total(counts),
  );
  const kept = new Map<string, number[]>();
  for (const [name, counts] of most) addTo(kept, name, counts);
  for (const [, counts] of rest) addTo(kept, other, counts);
  for (const counts of kept.values()) while (counts.at(-1) === 0) counts.pop();
  return Object.fromEntries(kept);
}

/** Those with most events, and the rest, to which `other` belongs. */
function split<Each>(all: readonly Each[], isOther: (each: Each) => boolean, weigh: (each: Each) => number) {
  const named = all.filter((each) => !isOther(each)).sort((a, b) => weigh(b) - weigh(a));
  return { most: named.slice(0, MOST), rest: [...named.slice(MOST), ...all.filter(isOther)] };
}

/** What a text tells of a queue and a jobtype, of any where they are undefined: events, and how long jobs waited and ran. */
export interface Glance {
  readonly events: Events;
  /** Of the queue; empty when only a jobtype is given. */
  readonly wait: readonly number[];
  /** Of the jobtype; empty when only a queue is given. */
  readonly run: readonly number[];
}

/** Looks at a text without making a tally of it: pages ask for a thousand at once. */
export function glance(source: string, queue: string | undefined, jobtype: string | undefined): Glance {
  const { kinds, wait, run } = JSON.parse(source) as Text;
  const events: Events = [0, 0, 0, 0];
  for (const kind of kinds) {
    const asked = (queue ?? kind[0]) === kind[0] && (jobtype ?? kind[1]) === kind[1];
    if (asked)
      for (let index = 0; index < 4; index++) events[index] = (events[index] ?? 0) + Number(kind[index + 2]);
  }
  return {
    events,
    wait: queue === undefined && jobtype !== undefined ? [] : countsIn(wait, queue),
    run: jobtype === undefined && queue !== undefined ? [] : countsIn(run, jobtype),
  };
}

function countsIn(named: Text['wait'], name: string | undefined): number[] {
  if (name !== undefined) return Object.hasOwn(named, name) ? [...(named[name] ?? [])] : [];
  const sum: number[] = [];
  for (const counts of Object.values(named)) addAll(sum, counts);
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
