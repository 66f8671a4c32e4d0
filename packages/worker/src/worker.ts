/*
 * A worker: slots that run jobs, a heart that tells the server it lives, and the order of start, quiet and stop.
 * It must never end the process nor leave a job's end untold while there is time to tell it. A stranger would get wrong that
 * "quiet" is not a pause: a worker never takes jobs again after it.
 */

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type AnyJobs, Connection, type JobMap, resolveServers, type WorkerSignal } from '@faktory-ts/client';
import { FaktoryError } from '@faktory-ts/protocol';
import { Heart } from './heart.ts';
import { settings, type WorkerOptions, type WorkerSettings } from './options.ts';
import { Slot } from './slot.ts';

/**
 * A worker's life, forwards only: *new* → *running* (takes jobs) → *quiet* (finishes what it has, takes no more) →
 * *stopping* (the same, until its deadline) → *stopped* (every connection closed).
 */
export type WorkerState = 'new' | 'running' | 'quiet' | 'stopping' | 'stopped';

const handBack = 2000; // ms to tell the server about the jobs that were cut short

/**
 * Runs jobs: fetches from its queues, calls the handler of each jobtype, tells the server how it went.
 *
 * @example
 * ```ts
 * import { Worker } from '@faktory-ts/worker';
 *
 * const worker = new Worker<{ SendEmail: [to: string, id: number] }>({
 *   queues: ['critical', 'default'],
 *   handlers: {
 *     SendEmail: async ({ log, signal }, to, id) => {
 *       log.info(`sending ${id} to ${to}`);
 *       await fetch('https://mail.example/send', { method: 'POST', body: to, signal });
 *     },
 *   },
 * });
 * await worker.start();
 * process.once('SIGTERM', () => void worker.stop());
 * ```
 */
export class Worker<Jobs extends JobMap<Jobs> = AnyJobs> {
  /** Names this worker to the server: 16 random characters. */
  readonly wid = randomBytes(8).toString('hex');
  /** Resolves when the worker has stopped, whoever asked for it: stop(), the web UI, a start that failed. Never rejects. */
  readonly stopped: Promise<void>;
  readonly #settings: WorkerSettings;
  readonly #heart: Heart;
  readonly #slots: Slot[];
  readonly #quiet = new AbortController();
  /** Aborted by the second stop(). */
  readonly #hurry = new AbortController();
  #state: WorkerState = 'new';
  #work: Promise<unknown> = Promise.resolve();
  #tellStopped: () => void = () => {};

  /** @throws FaktoryError `CONFIG` for an option that cannot work. */
  constructor(options: WorkerOptions<Jobs>) {
    this.#settings = settings(options);
    this.stopped = new Promise((resolve) => {
      this.#tellStopped = resolve;
    });
    const { table, queues, concurrency, beatInterval, labels, log } = this.#settings;
    const addresses = resolveServers(options);
    const hello = { hostname: hostname(), wid: this.wid, pid: process.pid, labels };
    const where = addresses.map(({ host, port }) => `${host}:${port}`).join(' or ');
    const connection = new Connection({
      addresses,
      hello,
      onUp: () => log.info(`connected to ${where}`, { wid: this.wid }),
      onDown: (error) => log.warn(`no connection: ${error.message}`, { code: error.code }),
    });
    this.#heart = new Heart({
      connection,
      wid: this.wid,
      interval: beatInterval,
      state: () => beatState(this.#state),
      onSignal: (signal) => this.#obey(signal),
      log,
    });
    const quiet = this.#quiet.signal;
    this.#slots = Array.from({ length: concurrency }, () => {
      return new Slot({ connection: new Connection({ addresses, hello }), table, queues, quiet, log });
    });
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** How many jobs run now. */
  get busy(): number {
    return this.#slots.filter((slot) => slot.busy).length;
  }

  /**
   * Resolves when the server knows the worker and jobs are being taken. A server that is away is waited for, later too.
   *
   * @throws FaktoryError `AUTH`, `PROTOCOL` or `CONFIG` when the server cannot be worked with, `ABORTED` when the worker is stopped
   * meanwhile, `CONFIG` when it was started before.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new FaktoryError('CONFIG', 'a worker can be started only once');
    this.#state = 'running';
    try {
      await this.#heart.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#work = Promise.all(this.#slots.map((slot) => slot.run()));
    const { concurrency, queues, log } = this.#settings;
    if (this.#state === 'running')
      log.info('worker started', { wid: this.wid, concurrency, queues: queues() });
  }

  /** Takes no more jobs; those that run go on. For good. Told to the server at once. */
  quiet(): void {
    if (this.#state !== 'running') return;
    this.#state = 'quiet';
    this.#settings.log.info('worker quiet', { wid: this.wid, busy: this.busy });
    this.#quiet.abort();
    void this.#heart.beat();
  }

  /**
   * Takes no more jobs, waits for those that run until `shutdownTimeout`, then aborts their signals and reports each as
   * failed (errtype `WorkerStopped`), says END and closes. Called again: the deadline is now. Never rejects.
   */
  stop(): Promise<void> {
    if (this.#state === 'stopping') this.#hurry.abort();
    else if (this.#state !== 'stopped') void this.#end();
    return this.stopped;
  }

  /** `await using worker = new Worker(…)` stops it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #obey(signal: WorkerSignal): void {
    if (signal === 'terminate' && this.#state !== 'stopping') void this.stop();
    else this.quiet();
  }

  async #end(): Promise<void> {
    const { log, shutdownTimeout } = this.#settings;
    const wasStarted = this.#state !== 'new';
    this.#state = 'stopping';
    this.#quiet.abort();
    log.info('worker stopping', { wid: this.wid, busy: this.busy });
    if (wasStarted) void this.#heart.beat();
    if (!(await endsWithin(shutdownTimeout, this.#work, this.#hurry.signal))) await this.#cut();
    if (!(await endsWithin(handBack, this.#heart.stop()))) this.#heart.drop();
    this.#state = 'stopped';
    log.info('worker stopped', { wid: this.wid });
    this.#tellStopped();
  }

  /** Out of time: fail what runs, and leave without an answer if the server gives none. */
  async #cut(): Promise<void> {
    const reason = new FaktoryError('SHUTDOWN', 'the worker stopped before the job ended');
    this.#settings.log.warn('out of time: failing the jobs that still run', { busy: this.busy });
    for (const slot of this.#slots) slot.cut(reason);
    if (await endsWithin(handBack, this.#work)) return;
    for (const slot of this.#slots) slot.drop(reason);
    await this.#work;
  }
}

function beatState(state: WorkerState): 'running' | 'quiet' | 'terminate' {
  if (state === 'new' || state === 'running') return 'running';
  return state === 'quiet' ? 'quiet' : 'terminate';
}

/** Whether the work ends within so many milliseconds, and before the signal is aborted. */
function endsWithin(ms: number, work: Promise<unknown>, hurry?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const late = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(late, ms);
    hurry?.addEventListener('abort', late);
    void work.then(() => {
      clearTimeout(timer);
      hurry?.removeEventListener('abort', late);
      resolve(true);
    });
  });
}
