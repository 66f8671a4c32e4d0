/**
 * Makes the lines of a dump from a source; a data folder loads them, and a dry run only counts
 * them. Working jobs come first, because they were handed out before all others. After any error
 * the last line is missing, so nothing is loaded.
 */
import { FaktoryError, formatTime, nowMicros } from '@faktory-ts/protocol';
import { jobLine } from '@faktory-ts/server';
import { readyJob, type Taken, timedJob } from './jobs.ts';
import type { Contents, SetName } from './keys.ts';
import type { Rejects } from './rejects.ts';
import type { Source } from './source.ts';

const PROGRESS = 10_000; // jobs between two progress messages

/** Counts of what was found so far. */
export class Tally {
  jobs = 0;
  readonly places = new Map<string, number>();
  /** Ready jobs by queue. */
  readonly queues = new Map<string, number>();
  /** Jobs that are part of batches. */
  batched = 0;
  /** Jobs that were in the list of another queue than they name. */
  strayed = 0;
  readonly #onward: (jobs: number) => void;

  /** @param onward called regularly with the number of jobs */
  constructor(onward: (jobs: number) => void) {
    this.#onward = onward;
  }

  add({ dumped: { place }, queue, batched }: Taken, list: string | undefined): void {
    this.jobs++;
    if (this.jobs % PROGRESS === 0) this.#onward(this.jobs);
    this.places.set(place, (this.places.get(place) ?? 0) + 1);
    if (batched) this.batched++;
    if (list === undefined) return;
    this.queues.set(queue, (this.queues.get(queue) ?? 0) + 1);
    if (queue !== list) this.strayed++;
  }
}

export interface Order {
  readonly source: Source;
  readonly contents: Contents;
  readonly tally: Tally;
  readonly rejects: Rejects;
  /** Whether days and totals are imported too. */
  readonly counters: boolean;
}

/** Makes the lines. Throws ERR when the source changed meanwhile. */
export async function* linesOf(order: Order): AsyncGenerator<string> {
  const { source, contents, tally, rejects, counters } = order;
  yield JSON.stringify({ 'faktory-ts': 'dump', version: 1, made: formatTime(nowMicros()) });
  for (const { name, paused } of contents.queues) yield JSON.stringify({ kind: 'queue', name, paused });
  yield* setLines(order, 'working');
  for (const { name, lists } of contents.queues) {
    for (const list of lists) yield* listLines(order, name, list);
  }
  for (const set of ['scheduled', 'retries', 'dead'] as const) yield* setLines(order, set);
  if (counters) {
    for (const day of contents.days) yield JSON.stringify({ kind: 'day', ...day });
    yield JSON.stringify({ kind: 'totals', ...contents.totals });
  }
  await source.unchanged();
  rejects.settle();
  yield JSON.stringify({ kind: 'end', jobs: tally.jobs });
}

async function* listLines(order: Order, queue: string, list: string): AsyncGenerator<string> {
  for await (const piece of order.source.list(list)) {
    for (const bytes of piece) {
      const job = tried(order, list, bytes, undefined, () => readyJob(bytes));
      if (job === undefined) continue;
      order.tally.add(job, queue);
      yield jobLine(job.dumped);
    }
  }
}

async function* setLines(order: Order, set: SetName): AsyncGenerator<string> {
  if (!order.contents.sets.has(set)) return;
  for await (const piece of order.source.sorted(set)) {
    for (const scored of piece) {
      const job = tried(order, set, scored.member, scored.score, () => timedJob(set, scored));
      if (job === undefined) continue;
      order.tally.add(job, undefined);
      yield jobLine(job.dumped);
    }
  }
}

/** Reads a job; a job that cannot be read is rejected, and the import continues. */
function tried(
  { rejects }: Order,
  key: string,
  bytes: Buffer,
  score: number | undefined,
  read: () => Taken,
): Taken | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    rejects.add(key, bytes, error, score);
    return undefined;
  }
}
