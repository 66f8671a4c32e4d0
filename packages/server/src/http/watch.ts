/**
 * The looks that the web UI's pages are made of: queues with their rates, workers with what they run, sizes, and what wants attention.
 *
 * All that reads many rows goes to the reader's thread. It must never keep anything but the rates of the last minute.
 */
import { setTimeout } from 'node:timers/promises';
import {
  formatTime,
  type LiveStats,
  type QueueRow,
  type SecondSample,
  type WorkerStatus,
  type WorkersStatus,
} from '@faktory-ts/protocol';
import type { Found, QueueFigures } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { pageParts } from '../rounds.ts';
import type { Roster } from '../workers/roster.ts';
import { workersStatus } from '../workers/status.ts';
import { attention } from './attention.ts';
import { Rates } from './rates.ts';
import { type Looks, restAfter } from './sampler.ts';
import { Seconds } from './seconds.ts';
import type { Around } from './why.ts';

/** What is looked at. */
export interface WatchSources {
  readonly jobs: Jobs;
  readonly roster: Roster;
  /** When the server started, by performance.now(). */
  readonly startedAt: number;
  /** Most jobs that dead keeps; 0: no limit. */
  readonly deadLimit: number;
  connections(): number;
  backups(): { readonly newest: number | undefined; readonly failure: string | undefined } | undefined;
  /** Milliseconds between backups; undefined: none are made by themselves. */
  readonly backupEvery: number | undefined;
  disk(): { readonly room: number; readonly reserve: number; readonly low: boolean };
  readonly certificate: { readonly expiry: number | undefined; readonly soon: boolean };
}

const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;
const PATIENCE = 200; // ms that `stats` waits for a look at the queues
const KEPT = 60_000; // ms that the longest wait of a look may be told
const IN_A_TURN = 2000; // queues
const MOST_RUNNING = 100; // of a worker on a page that is told what changes

export class Watch implements Looks {
  readonly #sources: WatchSources;
  readonly #rates: Rates;
  readonly #seconds: Seconds;
  /** The look at the queues that is under way. */
  #figures: Promise<readonly QueueFigures[]> | undefined;
  /** The longest wait that the last look at the queues found, in seconds. */
  #latency = 0;
  /** When that look ended, by performance.now(). */
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Until when `stats` begins no look at the queues. */
  #restUntil = 0;

  constructor(sources: WatchSources) {
    this.#sources = sources;
    this.#rates = new Rates(sources.jobs);
    this.#seconds = new Seconds(sources.jobs);
  }

  async start(): Promise<void> {
    await this.#seconds.start();
    await this.#rates.start();
  }

  stop(): void {
    this.#seconds.stop();
    this.#rates.stop();
  }

  /** The last minutes by the second. */
  seconds(): readonly SecondSample[] {
    return this.#seconds.read();
  }

  async stats(): Promise<LiveStats> {
    const { jobs, roster } = this.#sources;
    const [sizes, queues] = await Promise.all([jobs.engine.sizes(), jobs.engine.queues()]);
    const latency = await this.#latencySoon();
    const now = jobs.engine.clock();
    const { scheduled, retries, working, dead, processed, failures } = sizes;
    return {
      at: formatTime(now),
      ready: queues.reduce((sum, { size }) => sum + size, 0),
      scheduled,
      retries,
      working,
      dead,
      dead_limit: this.#sources.deadLimit,
      dead_evicted: jobs.engine.figures.meter.evicted,
      slots: roster.workers().reduce((sum, { slots }) => sum + slots, 0),
      processed,
      failures,
      pushed: jobs.engine.figures.meter.kinds().reduce((sum, { pushed }) => sum + pushed, 0),
      queues: queues.length,
      workers: roster.size,
      connections: this.#sources.connections(),
      latency,
      memory_mb: Math.round(process.memoryUsage.rss() / 1024 / 1024),
      uptime: Math.floor((performance.now() - this.#sources.startedAt) / 1000),
    };
  }

  async queues(): Promise<readonly QueueRow[]> {
    const { jobs, roster } = this.#sources;
    const [figures, rates] = [await this.#lookAtQueues(), await this.#rates.read()];
    const asking = new Map<string, number>();
    for (const { queues } of roster.workers())
      for (const queue of queues) asking.set(queue, (asking.get(queue) ?? 0) + 1);
    const now = jobs.engine.clock();
    const rows: QueueRow[] = [];
    for (const queue of figures) {
      if (rows.length % IN_A_TURN === 0) await pageParts.next();
      const { in: rate_in, out: rate_out } = rates(queue.name);
      rows.push({ ...sizesOf(queue, now), rate_in, rate_out, workers: asking.get(queue.name) ?? 0 });
    }
    await pageParts.next(); // writing the answer takes its own time
    return rows;
  }

  /**
   * The longest wait. Asked of the engine queue by queue, the ages of ten thousand queues would hold the wire up, so it comes from a look
   * of the reader's thread: on a busy server that takes seconds, and the other figures must not wait for it.
   */
  async #latencySoon(): Promise<number> {
    const now = performance.now();
    const look = this.#figures ?? (now < this.#restUntil ? undefined : this.#lookAtQueues());
    const known = now - this.#lookedAt < KEPT;
    if (look) await (known ? Promise.race([look, setTimeout(PATIENCE, undefined, { ref: false })]) : look);
    return this.#latency;
  }

  #lookAtQueues(): Promise<readonly QueueFigures[]> {
    const begun = performance.now();
    const look = this.#figuresNow().finally(() => {
      if (this.#figures === look) this.#figures = undefined;
      this.#restUntil = performance.now() + restAfter(performance.now() - begun);
    });
    this.#figures = look;
    return look;
  }

  async #figuresNow(): Promise<readonly QueueFigures[]> {
    const { jobs } = this.#sources;
    const queues = await jobs.finder.queueFigures();
    const now = jobs.engine.clock();
    const waits = queues.map(({ paused, oldest }) => (paused || oldest === undefined ? 0 : now - oldest));
    this.#latency = waits.reduce((most, wait) => Math.max(most, wait), 0) / SECOND;
    this.#lookedAt = performance.now();
    return queues;
  }

  async workers(): Promise<readonly WorkerStatus[]> {
    const { workers } = await this.workersAndOthers();
    return workers.map((worker) => ({ ...worker, jobs: worker.jobs.slice(0, MOST_RUNNING) }));
  }

  /** Workers, and what others have in hand. */
  async workersAndOthers(): Promise<WorkersStatus> {
    const { jobs, roster } = this.#sources;
    const running = await jobs.running(new AbortController().signal);
    return workersStatus(roster.workers(), running);
  }

  async attention() {
    const { jobs, roster, backups, backupEvery, disk, certificate } = this.#sources;
    const now = jobs.engine.clock();
    const kept = backups();
    const age = kept?.newest === undefined ? undefined : (now - kept.newest) / SECOND;
    return attention({
      queues: await unlessStorageFails(this.queues()),
      slots: {
        all: roster.workers().reduce((sum, { slots }) => sum + slots, 0),
        busy: (await jobs.engine.sizes()).working,
      },
      kinds: await unlessStorageFails(jobs.history.kinds(now - HOUR)),
      workers: roster
        .workers()
        .map((worker) => ({ wid: worker.wid, silent: roster.silence(worker) / SECOND })),
      backups:
        kept && backupEvery !== undefined
          ? { age, every: backupEvery / 1000, failed: kept.failure !== undefined }
          : undefined,
      disk: disk(),
      certificate: certificate.soon ? ((certificate.expiry ?? now) - now) / SECOND : undefined,
      storage: jobs.engine.figures.storageErrors.current(),
    });
  }

  /** What is known around a job. */
  async around(found: Found, signal: AbortSignal): Promise<Around> {
    const { jobs, roster } = this.#sources;
    const queue = (await jobs.engine.queues()).find(({ name }) => name === found.queue);
    const ahead = found.place === 'ready' ? await jobs.finder.ahead(found.entry, signal) : 0;
    const rateOut = (await this.#rates.read())(found.queue).out;
    return { paused: queue?.paused === true, ahead: ahead ?? 0, rateOut, workers: roster.workers() };
  }
}

/** What can be known is told also where a page of the store is damaged; the error itself is counted and told as `storage`. */
async function unlessStorageFails<T>(reading: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await reading;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'STORAGE') return [];
    throw error;
  }
}

function sizesOf({ name, paused, size, priorities, oldest }: QueueFigures, now: number) {
  const latency = oldest === undefined ? 0 : Math.max(0, now - oldest) / SECOND;
  return {
    name,
    paused,
    size,
    priorities,
    latency,
    ...(oldest !== undefined && { oldest_at: formatTime(oldest) }),
  };
}
