/**
 * How many jobs a second became ready in each queue and left it, over the last minute: from the meter's counts, noted every few seconds.
 *
 * It must cost nothing that one could measure: a note is some thousand additions at most. Jobs that come out of a set are not counted as
 * pushed anywhere, so what comes in is what left plus what the queue has grown by.
 */
import type { Jobs } from '../jobs/jobs.ts';

interface Note {
  readonly at: number;
  /** Handed out since the start, and ready then. */
  readonly queues: ReadonlyMap<string, { readonly out: number; readonly size: number }>;
}

/** Jobs a second. */
export interface Rate {
  readonly in: number;
  readonly out: number;
}

const EVERY = 5000; // ms
const KEPT = 12; // notes: a minute
const none: Rate = { in: 0, out: 0 };

export class Rates {
  readonly #jobs: Jobs;
  #notes: Note[] = [];
  #timer: NodeJS.Timeout | undefined;
  #busy = false;

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  async start(): Promise<void> {
    await this.#note();
    this.#timer = setInterval(() => void this.#note(), EVERY);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Of each queue, until now. */
  async read(): Promise<(queue: string) => Rate> {
    const [first] = this.#notes;
    const now = await this.#look();
    if (!first || now.at - first.at < 200) return () => none;
    const seconds = (now.at - first.at) / 1000;
    return (queue) => {
      const end = now.queues.get(queue);
      if (!end) return none;
      const begin = first.queues.get(queue) ?? { out: 0, size: 0 };
      const out = Math.max(0, end.out - begin.out); // more may have come back than was handed out
      const grown = end.size - begin.size;
      return { in: round(Math.max(0, out + grown) / seconds), out: round(out / seconds) };
    };
  }

  async #note(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#notes.push(await this.#look());
      if (this.#notes.length > KEPT) this.#notes.shift();
    } catch {
      // A write of the same turn failed: on a full disk those who wrote are told, and the next note comes in five seconds.
    } finally {
      this.#busy = false;
    }
  }

  async #look(): Promise<Note> {
    const queues = new Map<string, { out: number; size: number }>();
    for (const { name, size } of await this.#jobs.engine.queues()) queues.set(name, { out: 0, size });
    for (const { queue, fetched, released } of this.#jobs.engine.figures.meter.kinds()) {
      const known = queues.get(queue);
      if (known) known.out += fetched - released;
    }
    return { at: performance.now(), queues };
  }
}

/** Three figures: the rest is noise, and would be sent to every page. */
function round(rate: number): number {
  return Number(rate.toPrecision(3));
}
