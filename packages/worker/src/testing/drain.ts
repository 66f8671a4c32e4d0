/*
 * Running everything that waits on a test server, until nothing is left.
 * It must never end with a job in hand, nor go on for ever. A stranger would get wrong that the jobs are counted by the server: what
 * any worker ends meanwhile is in the counts, while the failures are told by the workers, and by those alone that the site knows.
 */

import type { JobTypes } from '@faktory-ts/client';
import { FaktoryError, type Info } from '@faktory-ts/protocol';
import { queueNames } from '../queues.ts';
import type { Worker } from '../worker.ts';
import type { DrainFailure, KnownWorker, Site, TestWorkerOptions } from './site.ts';
import { patience, unfinished, until } from './until.ts';

/** How far a drain goes. */
export interface DrainOptions {
  /** Moves the clock to the next scheduled job when nothing is ready, again and again. Default false. */
  readonly scheduled?: boolean;
  /** Moves the clock to the next retry when nothing is ready, again and again: until a job is done or dead. Default false. */
  readonly retries?: boolean;
  /** Most moves of the clock: a job that schedules itself again would never end. Default 100. */
  readonly moves?: number;
  /** Milliseconds without any job ending until the drain rejects. Default 4000. */
  readonly timeout?: number;
}

/** What a drain saw: executions, so that a job that failed and was done by a retry counts in both. */
export interface Drained {
  readonly done: number;
  readonly failed: number;
  /** One for each failed execution, in their order. */
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
        const text = `after ${moves} moves of the clock jobs still wait for their time: allow more (\`moves\`), or forward() by hand`;
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

/** Not `instanceof`: in CommonJS this entry has a class of its own. Of handlers for a jobtype `wid` none is a text. */
export function isWorker(what: object): what is KnownWorker {
  if (typeof what !== 'object' || what === null)
    throw new FaktoryError('CONFIG', 'drain() needs handlers by jobtype, options of a worker, or a worker');
  return 'wid' in what && typeof what.wid === 'string';
}

/** A worker of the test's: it stays as it is, and takes its own queues; a job in another one is waited for in vain. */
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

/** The worker of a drain: made again when jobs turn up in a queue that it does not take. */
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

  /** What is still to be run, in words. */
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
