/**
 * The worker: a supply of jobs, slots that run them, a heart that beats, and the order of start,
 * quiet and stop. It never ends the process, and reports all results while there is time.
 *
 * Note: "quiet" is not a pause: after it a worker never fetches jobs again.
 */

import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import {
  type AnyJobs,
  Connection,
  clientTls,
  type JobTypes,
  resolveServers,
  type WorkerSignal,
} from '@faktory-ts/client';
import { extensionVersion, FaktoryError } from '@faktory-ts/protocol';
import { Lanes } from './classic.ts';
import { handleCrashes } from './crash.ts';
import { Ends, messageOf, patient } from './ends.ts';
import { type AnyHeart, type HeartData, makeHeart } from './heart-remote.ts';
import { observers, type WorkerObserver } from './observer.ts';
import { settings, type WorkerOptions, type WorkerSettings } from './options.ts';
import { Pulse } from './pulse.ts';
import { QueueLimits } from './queue-limits.ts';
import { Runs } from './runs.ts';
import { type RunningJob, Slots } from './slots.ts';
import { Supply, type SupplyOptions } from './supply.ts';
import { endsWithin } from './within.ts';

/**
 * The states of a worker, in their only order: *new* → *running* (fetches jobs) → *quiet* (finishes
 * its jobs, fetches no more) → *stopping* (the same, until its deadline) → *stopped* (every
 * connection closed).
 */
export type WorkerState = 'new' | 'running' | 'quiet' | 'stopping' | 'stopped';

const longLag = 1000; // ms; a longer block of the event loop is logged
const handBack = 2000; // ms to return the aborted jobs to the server

/**
 * Runs jobs: fetches them from its queues, calls their handlers, and reports the results.
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
export class Worker<Jobs extends JobTypes<Jobs> = AnyJobs> {
  /** The worker's id at the server: 16 random characters. */
  readonly wid = randomBytes(8).toString('hex');
  /** Resolves when the worker has stopped, also after a failed start. Never rejects. */
  readonly stopped: Promise<void>;
  readonly #settings: WorkerSettings;
  readonly #observer: WorkerObserver;
  readonly #heart: AnyHeart;
  readonly #pulse: Pulse;
  readonly #slots: Slots;
  readonly #ends: Ends;
  readonly #runs: Runs;
  readonly #supply: Supply;
  /** The connection for FETCHB and results. */
  readonly #connection: Connection;
  /** Makes a connection to a server without our extensions. */
  readonly #connect: (onUp: () => void) => Connection;
  readonly #lanes = new Set<Lanes>();
  readonly #quiet = new AbortController();
  /** Aborted by the second stop(), and by a crash. */
  readonly #hurry = new AbortController();
  #state: WorkerState = 'new';
  #work: Promise<unknown> = Promise.resolve();
  #tellStopped: () => void = () => {};
  #forgetCrashes: () => void = () => {};
  #crashed = false;

  /** @throws FaktoryError `CONFIG` for a bad option. */
  constructor(options: WorkerOptions<Jobs>) {
    this.#settings = settings(options);
    this.#observer = observers(this.#settings.observers);
    this.stopped = new Promise((resolve) => {
      this.#tellStopped = resolve;
    });
    const { concurrency, labels, log } = this.#settings;
    const addresses = resolveServers(options);
    const hello = { hostname: hostname(), wid: this.wid, pid: process.pid, labels };
    const tls = clientTls(addresses, options);
    this.#connect = (onUp) => new Connection({ addresses, hello, tls, onUp });
    this.#connection = new Connection({
      addresses,
      hello,
      tls,
      extension: () => ({ v: extensionVersion, lease: true, holding: this.#supply.holding() }),
      onUp: () => this.#keepPace(),
    });
    this.#runs = new Runs(this.#settings);
    this.#slots = new Slots({
      concurrency,
      typeLimits: this.#settings.typeLimits,
      run: (job, hands) => this.#runs.run(job, hands),
      observer: this.#observer,
    });
    this.#ends = new Ends(this.#connection, log);
    this.#supply = new Supply({ ...this.#common(), connection: this.#connection, ends: this.#ends });
    this.#pulse = new Pulse((ms) => this.#sayLag(ms));
    this.#heart = this.#makeHeart({ addresses, hello, tls });
  }

  #common(): Omit<SupplyOptions, 'connection' | 'ends'> {
    const { queues, queueLimits, fetchAhead, log } = this.#settings;
    const observer = this.#observer;
    const limits = new QueueLimits(queueLimits);
    return { slots: this.#slots, limits, queues, fetchAhead, quiet: this.#quiet.signal, log, observer };
  }

  #makeHeart(connection: HeartData['connection']): AnyHeart {
    const { beatInterval: interval, concurrency: slots, longestBlock, log } = this.#settings;
    const { wid } = this;
    const where = connection.addresses.map(({ host, port }) => `${host}:${port}`).join(' or ');
    const data = { connection, wid, slots, interval, longestBlock, pulse: this.#pulse.memory };
    const events = {
      up: () => log.info(`connected to ${where}`, { wid }),
      down: (error: FaktoryError) => log.warn(`no connection: ${error.message}`, { code: error.code }),
      signal: (signal: WorkerSignal) => this.#obey(signal),
      beaten: () => this.#beaten(),
      trouble: (message: string) => {
        this.#observer.beat?.(false);
        log.warn(message);
      },
    };
    return makeHeart(data, () => beatState(this.#state), events, log, this.#settings.threadFiles);
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Whether it stopped because of an uncaught error; see `catchUncaught`. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /** Number of running jobs. */
  get busy(): number {
    return this.#slots.busy;
  }

  /** The running jobs, the longest running first. */
  get running(): readonly RunningJob[] {
    return this.#slots.running();
  }

  /**
   * Adds an observer to those of the options, for the life of the worker.
   *
   * @example
   * ```ts
   * const worker = new Worker({ handlers: { Greet: () => undefined } });
   * worker.observe({ ended: (job, { failure }) => console.log(job.jid, failure?.message ?? 'done')
   * });
   * ```
   */
  observe(observer: WorkerObserver): void {
    this.#settings.observers.push(observer);
  }

  /**
   * Registers the worker and starts to fetch jobs. Waits for a server that is away, also later.
   *
   * @throws FaktoryError `AUTH`, `PROTOCOL` or `CONFIG` when the server cannot be used, `ABORTED`
   * when the worker is stopped meanwhile, `CONFIG` when it was started before.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new FaktoryError('CONFIG', 'a worker can be started only once');
    this.#state = 'running';
    this.#pulse.start();
    this.#runs.watch(() => this.running);
    const { catchUncaught, log: ownLog } = this.#settings;
    if (catchUncaught) this.#forgetCrashes = handleCrashes({ log: ownLog, crash: () => this.#crash() });
    try {
      await this.#heart.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#work = this.#takeJobs();
    const { concurrency, queues, log } = this.#settings;
    if (this.#state === 'running')
      log.info('worker started', { wid: this.wid, concurrency, queues: queues() });
  }

  /** Stops fetching for good; running jobs continue. The server is informed at once. */
  quiet(): void {
    if (this.#state !== 'running') return;
    this.#state = 'quiet';
    this.#settings.log.info('worker quiet', { wid: this.wid, busy: this.busy });
    this.#quiet.abort();
    this.#heart.beat();
  }

  /**
   * Stops fetching and waits up to `shutdownTimeout` for the running jobs. Then it aborts their
   * signals, returns each job to the head of its queue (to a server without our extensions: reports
   * it as failed, errtype `WorkerStopped`), sends END and closes. A second call sets the deadline
   * to now. Never rejects.
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

  /** The process is about to end: returns its jobs now, not when its lease expires. */
  #crash(): Promise<void> {
    this.#crashed = true;
    void this.stop();
    this.#hurry.abort();
    return this.stopped;
  }

  async #end(): Promise<void> {
    const { log, shutdownTimeout } = this.#settings;
    const wasStarted = this.#state !== 'new';
    this.#state = 'stopping';
    this.#quiet.abort();
    log.info('worker stopping', { wid: this.wid, busy: this.busy });
    if (wasStarted) this.#heart.beat();
    if (!(await endsWithin(shutdownTimeout, this.#work, this.#hurry.signal))) await this.#cut();
    await this.#runs.close();
    const partings = Promise.all([this.#connection.close(), this.#heart.stop()]);
    if (!(await endsWithin(handBack, partings)))
      this.#leave(new FaktoryError('ABORTED', 'the worker has stopped'));
    this.#pulse.stop();
    this.#forgetCrashes();
    this.#state = 'stopped';
    log.info('worker stopped', { wid: this.wid });
    this.#tellStopped();
  }

  /** At the deadline: returns the running jobs, and does not wait long for the server. */
  async #cut(): Promise<void> {
    const reason = new FaktoryError('SHUTDOWN', 'the worker stopped before the job ended');
    this.#settings.log.warn('shutdown timeout reached: returning the jobs that still run', {
      busy: this.busy,
    });
    this.#slots.cut(reason);
    if (await endsWithin(handBack, this.#work)) return;
    this.#leave(reason);
    await this.#work;
  }

  #leave(reason: FaktoryError): void {
    this.#connection.abort(reason);
    for (const lanes of this.#lanes) lanes.drop(reason);
    this.#heart.drop();
  }

  /** Fetches in batches, or one by one without the extensions; switches when the server changes. */
  async #takeJobs(): Promise<void> {
    const singly: Promise<void>[] = [];
    await this.#supply.run(() => void singly.push(this.#takeSingly()));
    await Promise.all(singly);
  }

  async #takeSingly(): Promise<void> {
    this.#settings.log.info('the server has no extensions: opening one connection per slot');
    this.#connection.hangUp(); // connects again when a result is still to be reported
    const over = new AbortController();
    const quiet = AbortSignal.any([this.#quiet.signal, over.signal]);
    setMaxListeners(0, quiet, this.#quiet.signal); // each slot listens
    const onAgain = (): void => void this.#lookAgain(lanes, over);
    const lanes: Lanes = new Lanes({ ...this.#common(), quiet, connect: this.#connect, onAgain });
    this.#lanes.add(lanes);
    const forget = this.#slots.onFree(() => this.#supply.slotFree());
    await lanes.run();
    forget();
    this.#lanes.delete(lanes);
  }

  /** Switches back when the server has the extensions again. Waiting jobs start first. */
  async #lookAgain(lanes: Lanes, over: AbortController): Promise<void> {
    const withdraw = this.#quiet.signal;
    const offer = await this.#connection.ready({ ...patient, withdraw }).catch(() => undefined);
    if (over.signal.aborted || withdraw.aborted) return;
    if (offer === undefined) {
      this.#connection.hangUp();
      return;
    }
    this.#settings.log.info('the server has the extensions now: fetching in batches');
    over.abort();
    await lanes.started();
    this.#supply.resume();
  }

  /** Sends at least three beats within the lease of the server. */
  #keepPace(): void {
    const { lease } = this.#connection.offer ?? {};
    if (lease !== undefined) this.#heart.pace((lease * 1000) / 3);
  }

  /** After each beat, checks the reservations of long jobs: the server may have expired them. */
  #beaten(): void {
    this.#observer.beat?.(true);
    this.#supply.check(this.#settings.beatInterval).catch((error: unknown) => {
      this.#settings.log.warn(`cannot check the reservations of running jobs: ${messageOf(error)}`);
    });
  }

  #sayLag(ms: number): void {
    this.#observer.lag?.(ms);
    const ended = this.#slots.takeLong(); // the job that blocked the loop may have just ended
    if (ms < longLag) return;
    const jobs = [...ended, ...this.running].slice(0, 10).map(({ job }) => `${job.jobtype} ${job.jid}`);
    this.#settings.log.warn(`the event loop was blocked for ${ms} ms by a handler`, {
      running: jobs,
    });
  }
}

function beatState(state: WorkerState): 'running' | 'quiet' | 'terminate' {
  if (state === 'new' || state === 'running') return 'running';
  return state === 'quiet' ? 'quiet' : 'terminate';
}
