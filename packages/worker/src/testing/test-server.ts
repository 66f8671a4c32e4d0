/**
 * A real server in the test's process, and what a test makes through it. Nothing is mocked: jobs go
 * over a socket into SQLite and back, to the worker that runs in production.
 *
 * Note: fake timers do not work, because server and clients use real ones; `forward` moves the
 * time.
 */

import type { AnyJobs, Client, JobTypes } from '@faktory-ts/client';
import type { Info } from '@faktory-ts/protocol';
import type { Handlers } from '../handlers.ts';
import type { Worker } from '../worker.ts';
import { type Duration, microsIn, TestClock } from './clock.ts';
import { type Drained, type DrainOptions, drain, isWorker } from './drain.ts';
import { serverPackage } from './server-package.ts';
import { Site, type TestWorkerOptions } from './site.ts';
import { TestClient } from './test-client.ts';

/** A server for one test or one file of tests: {@link startTestServer}. */
export interface TestServer {
  /** Address for your own clients and workers: `tcp://127.0.0.1:…`. */
  readonly url: string;
  /** Makes a client of this server; its `in` counts from the server's time. */
  client<Jobs extends JobTypes<Jobs> = AnyJobs>(): Client<Jobs>;
  /**
   * Starts a worker on this server. Default `shutdownTimeout` 1000. Rejects as `Worker` and its
   * `start()` do.
   */
  worker<Jobs extends JobTypes<Jobs> = AnyJobs>(options: TestWorkerOptions<Jobs>): Promise<Worker<Jobs>>;
  /** The server's INFO: queues, sets, counters. */
  info(): Promise<Info>;
  /**
   * Moves the server's clock forward; resolves when due scheduled jobs and retries are in their
   * queues, or were already run by a worker. First it waits until no job runs and the workers made
   * here have emptied their queues, so that no reservation expires.
   *
   * @param by milliseconds, a text as for `in` (`'2h'`, `'15 minutes'`), or `{ days, hours,
   * minutes, seconds }`
   * @throws FaktoryError `CONFIG` or `INVALID` for a bad span, `TIMEOUT` when jobs still run and
   * nothing changed for 4 s.
   */
  forward(by: Duration): Promise<void>;
  /**
   * Runs all ready jobs, and those that they push, until none is left, with a worker of its own. Or
   * waits until your worker has run them.
   *
   * @param what handlers by jobtype, or options of the worker (default: all queues, concurrency 1),
   * or a worker on this server, made by `worker()` or by yourself.
   * @throws FaktoryError `TIMEOUT` when no job ends for 4 s, `LIMIT` when jobs still wait after
   * `moves` moves of the clock.
   */
  drain<Jobs extends JobTypes<Jobs> = AnyJobs>(
    what: Handlers<Jobs> | TestWorkerOptions<Jobs> | Worker<Jobs>,
    options?: DrainOptions,
  ): Promise<Drained>;
  /** Stops what was made here, then the server, and deletes its folder. May be called twice. */
  stop(): Promise<void>;
  /** `await using faktory = await startTestServer()` stops it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a real server in this process, with a temporary folder and a free port. Needs the package
 * `@faktory-ts/server`.
 *
 * @throws FaktoryError `CONFIG` when that package is not installed.
 * @example
 * ```ts
 * import { startTestServer } from '@faktory-ts/worker/testing';
 *
 * const sent: string[] = [];
 * const faktory = await startTestServer();
 * await faktory.client().push({ jobtype: 'SendEmail', args: ['a@example.com'], in: 3_600_000 });
 * await faktory.forward({ hours: 1 });
 * await faktory.drain({ SendEmail: (_context, to) => void sent.push(String(to)) });
 * await faktory.stop();
 * ```
 */
export async function startTestServer(): Promise<TestServer> {
  const { createServer } = await serverPackage();
  const clock = new TestClock();
  const server = createServer({ sync: 'off', clock: clock.now });
  await server.start();
  return new RunningServer(new Site(server, clock));
}

class RunningServer implements TestServer {
  readonly url: string;
  readonly #site: Site;

  constructor(site: Site) {
    this.#site = site;
    this.url = site.url;
  }

  client<Jobs extends JobTypes<Jobs> = AnyJobs>(): Client<Jobs> {
    const client = new TestClient<Jobs>(this.url, this.#site.clock.now);
    this.#site.onStop(() => client.close());
    return client;
  }

  worker<Jobs extends JobTypes<Jobs> = AnyJobs>(options: TestWorkerOptions<Jobs>): Promise<Worker<Jobs>> {
    return this.#site.worker(options);
  }

  info(): Promise<Info> {
    return this.#site.info();
  }

  async forward(by: Duration): Promise<void> {
    await this.#site.forward(microsIn(by));
  }

  drain<Jobs extends JobTypes<Jobs> = AnyJobs>(
    what: Handlers<Jobs> | TestWorkerOptions<Jobs> | Worker<Jobs>,
    options: DrainOptions = {},
  ): Promise<Drained> {
    const given = isWorker(what) || isOptions<Jobs>(what);
    return drain(this.#site, given ? what : { handlers: what }, options);
  }

  stop(): Promise<void> {
    return this.#site.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** A jobtype can be named `handlers` too, but its value is a handler, not an object of handlers. */
function isOptions<Jobs extends JobTypes<Jobs>>(
  what: Handlers<Jobs> | TestWorkerOptions<Jobs>,
): what is TestWorkerOptions<Jobs> {
  return 'handlers' in what && typeof what.handlers === 'object';
}
