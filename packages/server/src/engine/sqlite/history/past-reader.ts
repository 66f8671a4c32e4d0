/**
 * Reads the history: the stored part in bites in the reader's thread, plus the counts not written
 * yet.
 */
import type { Micros } from '@faktory-ts/protocol';
import { type KindSum, type SeriesAsk, type SeriesStep, timeBounds } from '../../engine.ts';
import type { Reader } from '../reading/reader.ts';
import { type History, stepCode, stepOf, steps } from './history.ts';
import type { PastStep } from './past.ts';
import { eventCounts, percentiles, summaryOf, Tally, together } from './tally.ts';

export class PastReader {
  readonly #history: History;
  readonly #reader: Reader;
  readonly #clock: () => Micros;

  constructor(history: History, reader: Reader, clock: () => Micros) {
    this.#history = history;
    this.#reader = reader;
    this.#clock = clock;
  }

  /** Returns the asked steps in order, without empty ones. */
  async series(ask: SeriesAsk, signal?: AbortSignal): Promise<SeriesStep[]> {
    const { step, until, queue, jobtype } = ask;
    const from = stepOf(step, ask.from);
    const found = await this.#settled(async () => {
      const past: PastStep[] = [];
      for (let next = from; ; next = (past.at(-1)?.at ?? next) + 1) {
        const bite = { step: stepCode(step), from: next, until, queue, jobtype };
        const more = await this.#reader.ask('pastSteps', bite, signal);
        past.push(...more);
        if (more.length === 0) return past;
      }
    });
    const at = stepOf(step, this.#history.minute);
    const since = this.#history.since();
    const running = { at, ...summaryOf(since.text(), queue, jobtype) };
    const asked = at >= from && at < until && !since.empty;
    const known = found.findIndex((each) => each.at === at);
    if (asked && known < 0) found.push(running);
    else if (asked) found[known] = { at, ...together(found[known] as PastStep, running) };
    const joined = joinedBy(found, (ask.join ?? 1) * steps[step].length);
    return joined
      .filter(({ events, wait }) => [...events, ...wait].some((count) => count > 0))
      .map(seriesStep);
  }

  /** Returns sums by queue and jobtype: from minutes while these are kept, else from hours. */
  async kinds(from: Micros, signal?: AbortSignal): Promise<KindSum[]> {
    const step = from >= this.#clock() - steps.minute.kept ? 'minute' : 'hour';
    const start = stepOf(step, from);
    const until = this.#clock() + 1; // excludes rows that a wrong clock stored in the future
    const sum = await this.#settled(async () => {
      const tally = new Tally();
      for (let next = start; ; ) {
        const ask = { step: stepCode(step), from: next, until };
        const { text, last } = await this.#reader.ask('pastSum', ask, signal);
        tally.addText(text);
        if (last === undefined) return tally;
        next = last + 1;
      }
    });
    if (stepOf(step, this.#history.minute) >= start) sum.merge(this.#history.since());
    const kinds = sum
      .kinds()
      .map(([queue, jobtype, { events }]) => ({ queue, jobtype, ...eventCounts(events) }))
      .filter((kind) => weight(kind) > 0);
    return kinds.sort((a, b) => weight(b) - weight(a));
  }

  /**
   * Repeats the read when a write came between its bites: counts would be missing or there twice.
   */
  async #settled<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      const { version } = this.#history;
      const found = await read();
      if (version === this.#history.version) return found;
    }
  }
}

/** Joins steps into longer ones of this length. */
function joinedBy(found: readonly PastStep[], length: Micros): PastStep[] {
  const joined = new Map<Micros, PastStep>();
  for (const each of found) {
    const at = each.at - (each.at % length);
    const known = joined.get(at);
    joined.set(at, known ? { at, ...together(known, each) } : { ...each, at });
  }
  return [...joined.values()];
}

const weight = ({ pushed, done, failed, dead }: KindSum): number => pushed + done + failed + dead;

function seriesStep({ at, events, wait, run, waitMax, runMax }: PastStep): SeriesStep {
  return {
    at,
    ...eventCounts(events),
    wait: percentiles(wait, timeBounds, waitMax),
    run: percentiles(run, timeBounds, runMax),
  };
}
