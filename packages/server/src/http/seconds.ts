/**
 * The last three minutes second by second, kept whether or not a page is open: a chart of now is full when it is opened.
 *
 * A note costs what some additions cost: the longest wait is asked for only while few queues have jobs, because the engine looks queue
 * by queue. On a server with more of them pages fill that line themselves.
 */
import { formatTime, type SecondSample } from '@faktory-ts/protocol';
import type { Jobs } from '../jobs/jobs.ts';

const EVERY = 1000; // ms
const KEPT = 180; // notes
const MOST_QUEUES = 50; // whose waits are looked at

export class Seconds {
  readonly #jobs: Jobs;
  #samples: SecondSample[] = [];
  #timer: NodeJS.Timeout | undefined;
  #busy = false;

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  async start(): Promise<void> {
    await this.note();
    this.#timer = setInterval(() => void this.note(), EVERY);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Oldest first. */
  read(): readonly SecondSample[] {
    return this.#samples;
  }

  /** Takes a sample; called each second. */
  async note(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#samples = [...this.#samples.slice(1 - KEPT), await this.#look()];
    } catch {
      // A write of the same turn failed: whoever wrote is told, and the next note comes in a second.
    } finally {
      this.#busy = false;
    }
  }

  async #look(): Promise<SecondSample> {
    const jobs = this.#jobs;
    const { processed, failures } = await jobs.engine.sizes();
    const latency = await this.#latency();
    return {
      at: formatTime(jobs.engine.clock()),
      processed,
      failures,
      pushed: jobs.engine.figures.meter.kinds().reduce((sum, { pushed }) => sum + pushed, 0),
      ...(latency !== undefined && { latency }),
    };
  }

  async #latency(): Promise<number | undefined> {
    const waiting = (await this.#jobs.engine.queues()).filter(({ size, paused }) => size > 0 && !paused);
    if (waiting.length > MOST_QUEUES) return undefined;
    const waits = await this.#jobs.latency(waiting.map(({ name }) => name));
    return Object.values(waits).reduce((most, wait) => Math.max(most, wait), 0);
  }
}
