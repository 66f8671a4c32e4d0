/**
 * Runs all waiting jobs of a test server until none is left. Ends with an error when jobs do not
 * end.
 *
 * Note: the counts come from the server and include jobs of any worker, but the failures come only
 * from the workers that the site knows.
 */

import type { JobTypes } from '@faktory-ts/client';
import { FaktoryError, type Info } from '@faktory-ts/protocol';
import { queueNames } from '../queues.ts';
import type { Worker } from '../worker.ts';
import type { DrainFailure, KnownWorker, Site, TestWorkerOptions } from './site.ts';
import { patience, unfinished, until } from './until.ts';

/** Options of a drain. */
export interface DrainOptions {
  /**
   * Whether to move the clock to the next scheduled job whenever no job is ready. Default false.
   */
  readonly scheduled?: boolean;
  /**
   * Whether to move the clock to the next retry whenever no job is ready, until each job is done or
   * dead. Default false.
   */
  readonly retries?: boolean;
  /** Most moves of the clock, because a job that schedules itself would never end. Default 100. */
  readonly moves?: number;
  /** Milliseconds without the end of a job after which the drain rejects. Default 4000. */
  readonly timeout?: number;
}

/**
 * The result of a drain. Counts executions: a job that failed and then succeeded by a retry counts
 * in both.
 */
export interface Drained {
  readonly done: number;
  readonly failed: number;
  /** One for each failed execution, in order. */
  readonly failures: readonly DrainFailure[];
}

/** Drains the site; see `TestServer.drain`. */
export async function drain<Jobs extends JobTypes<Jobs>>(
  site: Site,
  worker: TestWorkerOptions<Jobs> | KnownWorker,
  { scheduled = false, retries = false, moves = 100, timeout = patience }: DrainOptions,
): Promise<Drained> {
  const places = [...(scheduled ? (['scheduled'] as const) : []), ...(retries ? (['retries'] as const) : [])];
  const crew = isWorker(worker) ? guest(site, worker) : new Crew(site, worker);
  const heard = site.failures.length;
  const before = await site.info();
  try {
    for (let moved = 0; ; moved++) {
      await until(() => crew.left(), timeout);
      const next = await site.nextDue(places);
      if (next === undefined) break;
      if (moved >= moves) {
        const text = `jobs still wait for their time after ${moves} moves of the clock: raise \`moves\`, or call forward()`;
        throw new FaktoryError('LIMIT', text);
      }
      await site.forward(next - site.clock.now());
    }
  } finally {
    await crew.stop();
  }
  const failures = site.failures.slice(heard);
  return { ...difference(before, await site.info()), failures };
}

function difference({ faktory: before }: Info, { faktory: after }: Info): Omit<Drained, 'failures'> {
  const failed = after.total_failures - before.total_failures;
  return { done: after.total_processed - before.total_processed - failed, failed };
}

/**
 * Not `instanceof`, because the CommonJS build of this entry has its own class. A jobtype named
 * `wid` has a handler, never a string.
 */
export function isWorker(what: object): what is KnownWorker {
  if (typeof what !== 'object' || what === null)
    throw new FaktoryError('CONFIG', 'drain() needs handlers by jobtype, options of a worker, or a worker');
  return 'wid' in what && typeof what.wid === 'string';
}

/**
 * The test's own worker. It stays as it is and fetches only its own queues, so the drain times out
 * for a job in another queue.
 */
function guest(site: Site, worker: KnownWorker): Pick<Crew<never>, 'left' | 'stop'> {
  site.employ(worker, []);
  return {
    left: async () => {
      const info = await site.info();
      return unfinished(info, Object.keys(info.faktory.queues));
    },
    stop: () => Promise.resolve(),
  };
}

/**
 * The worker of a drain. It is made again when jobs appear in a queue that it does not fetch from.
 */
class Crew<Jobs extends JobTypes<Jobs>> {
  readonly #site: Site;
  readonly #options: TestWorkerOptions<Jobs>;
  #worker: Worker<Jobs> | undefined;
  #queues: readonly string[] = [];

  constructor(site: Site, options: TestWorkerOptions<Jobs>) {
    this.#site = site;
    this.#options = options;
    const { queues } = options;
    if (queues !== undefined) this.#queues = queueNames(queues);
  }

  /** Describes what is still to run; undefined when nothing is. */
  async left(): Promise<string | undefined> {
    const info = await this.#site.info();
    await this.#cover(info);
    return unfinished(info, this.#queues);
  }

  async stop(): Promise<void> {
    await this.#worker?.stop();
  }

  async #cover({ faktory: { queues } }: Info): Promise<void> {
    const missing = Object.keys(queues).some(
      (name) => (queues[name] ?? 0) > 0 && !this.#queues.includes(name),
    );
    const given = this.#options.queues !== undefined;
    if (this.#worker !== undefined ? given || !missing : !given && !missing) return;
    await this.stop();
    if (!given) this.#queues = Object.keys(queues);
    const { concurrency = 1, queues: wanted = [...this.#queues] } = this.#options;
    this.#worker = await this.#site.worker({ ...this.#options, concurrency, queues: wanted });
  }
}
