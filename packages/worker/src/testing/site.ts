/**
 * The surroundings of a test server: the workers made on it, moves of its clock while they live,
 * and the order of stopping. The clock moves only while no job runs, because a worker's lease is 15
 * s of that clock.
 *
 * Note: after each move the site beats for every worker. Otherwise the server would take the worker
 * for silent and close its connections.
 */

import { type AnyJobs, Connection, commands, type JobTypes, resolveServers } from '@faktory-ts/client';
import { FaktoryError, type Info, type Micros } from '@faktory-ts/protocol';
import type { Server } from '@faktory-ts/server';
import type { WorkerOptions } from '../options.ts';
import { queueNames } from '../queues.ts';
import { Worker } from '../worker.ts';
import type { TestClock } from './clock.ts';
import { patience, unfinished, until } from './until.ts';

/** Options of a worker on a test server, which knows the address. */
export type TestWorkerOptions<Jobs extends JobTypes<Jobs> = AnyJobs> = Omit<
  WorkerOptions<Jobs>,
  'url' | 'password' | 'tls'
>;

/** A failed execution. */
export interface DrainFailure {
  readonly jid: string;
  readonly jobtype: string;
  /**
   * The class of the thrown error, or a type of the worker's own: `UnknownJobtype`, `JobTimeout` …
   */
  readonly errtype: string;
  readonly message: string;
}

/** The parts of a worker that a site uses, whatever its jobs are. */
export type KnownWorker = Pick<Worker, 'wid' | 'state' | 'observe'>;

interface Employed {
  readonly worker: KnownWorker;
  readonly queues: readonly string[];
}

const waitingPlaces = ['scheduled', 'retries', 'dead'] as const;

export class Site {
  readonly clock: TestClock;
  /** Failed executions of the known workers, in order. */
  readonly failures: DrainFailure[] = [];
  readonly #server: Server;
  readonly #connection: Connection;
  readonly #stops: (() => Promise<unknown>)[] = [];
  readonly #employed: Employed[] = [];
  #stopped: Promise<void> | undefined;

  /** @param server a started server that uses this clock */
  constructor(server: Server, clock: TestClock) {
    this.#server = server;
    this.clock = clock;
    this.#connection = new Connection({ addresses: resolveServers({ url: server.url }), timeout: patience });
  }

  get url(): string {
    return this.#server.url;
  }

  info(): Promise<Info> {
    return this.#server.info();
  }

  /** The earliest due time in these sets. */
  async nextDue(places: readonly ('scheduled' | 'retries' | 'dead')[]): Promise<Micros | undefined> {
    const times = await Promise.all(places.map((place) => this.#server.nextDue(place)));
    const known = times.filter((time) => time !== undefined);
    return known.length > 0 ? Math.min(...known) : undefined;
  }

  /** Starts a worker, which stops with the server at the latest. */
  async worker<Jobs extends JobTypes<Jobs> = AnyJobs>(
    options: TestWorkerOptions<Jobs>,
  ): Promise<Worker<Jobs>> {
    if (typeof options !== 'object' || options === null)
      throw new FaktoryError('CONFIG', 'worker() needs the options of a worker: { handlers }');
    const worker = new Worker<Jobs>({ shutdownTimeout: 1000, ...options, url: this.url });
    this.onStop(() => worker.stop());
    const { queues = ['default'] } = options;
    this.employ(worker, queueNames(queues));
    await worker.start();
    return worker;
  }

  /**
   * Beats for a worker after each move of the clock, and records its failures. Further calls for
   * the same worker do nothing.
   *
   * @param queues a move waits until they are empty
   */
  employ(worker: KnownWorker, queues: readonly string[]): void {
    if (this.#employed.some((one) => one.worker === worker)) return;
    this.#employed.push({ worker, queues });
    worker.observe({
      ended: ({ jid, jobtype }, { to, failure }) => {
        if (to !== 'failed' || failure === undefined) return;
        this.failures.push({ jid, jobtype, errtype: failure.errtype, message: failure.message });
      },
    });
  }

  /** Registers a function to call before the server stops. */
  onStop(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }

  /** Moves the clock by `by` microseconds; resolves when all due jobs have moved. */
  async forward(by: Micros): Promise<void> {
    await until(async () => unfinished(await this.info(), this.#takenQueues()));
    this.clock.move(by);
    await this.#beatForAll();
    const { now } = this.clock;
    const target = now();
    await until(async () => {
      const next = await this.nextDue(waitingPlaces);
      return next === undefined || next > target ? undefined : 'due jobs stay in their set';
    });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
    await this.#connection.close();
    await this.#server.stop();
  }

  #takenQueues(): string[] {
    const running = this.#employed.filter(({ worker: { state } }) => state === 'running');
    return [...new Set(running.flatMap(({ queues }) => queues))];
  }

  async #beatForAll(): Promise<void> {
    const running = this.#employed.filter(({ worker: { state } }) => state === 'running');
    await Promise.all(
      running.map(({ worker: { wid } }) =>
        commands.beat(this.#connection, { wid }).catch((error: unknown) => {
          // The server has already removed the worker, which will say HELLO again by itself.
          if (!(error instanceof FaktoryError && error.code === 'NOT_FOUND')) throw error;
        }),
      ),
    );
  }
}
