/*
 * What a worker may be told, with its defaults and checks.
 * It must never let a bad option through to a running worker: every check is here, before anything is dialled. A stranger would
 * get wrong the units: all times are milliseconds, also where the program's flags say seconds.
 */

import type { AnyJobs, JobMap } from '@faktory-ts/client';
import { FaktoryError } from '@faktory-ts/protocol';
import { type Handlers, type HandlerTable, handlerTable } from './handlers.ts';
import { type Logger, silent } from './log.ts';
import { type Queues, queueOrder } from './queues.ts';

/** What a {@link Worker} is made with. Only `handlers` has no default. */
export interface WorkerOptions<Jobs extends JobMap<Jobs> = AnyJobs> {
  /** By jobtype. A job of a type that is not here fails with errtype `UnknownJobtype`. */
  handlers: Handlers<Jobs>;
  /** Default `['default']`. */
  queues?: Queues | undefined;
  /** How many jobs run at once; each slot has its own connection, one more is for the heart. Default 10. */
  concurrency?: number | undefined;
  /**
   * `tcp://:password@host:port` or `tcp+tls://…`; several are tried in order. Default: FAKTORY_PROVIDER, FAKTORY_URL, else
   * `tcp://localhost:7419`.
   */
  url?: string | readonly string[] | undefined;
  /** Wins over the one in the URL. Default: none. */
  password?: string | undefined;
  /** Milliseconds that running jobs may take to end after stop(). Default 25,000. */
  shutdownTimeout?: number | undefined;
  /** Milliseconds between two beats; the server forgets a worker after 60,000. Default 15,000. */
  beatInterval?: number | undefined;
  /** Shown with the worker in the web UI. Default: none. */
  labels?: readonly string[] | undefined;
  /** Default: says nothing. */
  log?: Logger | undefined;
}

/** The options as the worker uses them. */
export interface WorkerSettings {
  table: HandlerTable;
  queues: () => readonly string[];
  concurrency: number;
  shutdownTimeout: number;
  beatInterval: number;
  labels: string[];
  log: Logger;
}

/** Throws `CONFIG` for the first option that cannot work. */
export function settings<Jobs extends JobMap<Jobs>>(options: WorkerOptions<Jobs>): WorkerSettings {
  const { queues = ['default'], concurrency = 10, shutdownTimeout = 25_000, beatInterval = 15_000 } = options;
  const table = handlerTable(options.handlers);
  if (table.size === 0) throw new FaktoryError('CONFIG', 'a worker needs at least one handler');
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new FaktoryError('CONFIG', 'concurrency must be a whole number, 1 or more');
  }
  checkTime('shutdownTimeout', shutdownTimeout, 0);
  checkTime('beatInterval', beatInterval, 1);
  const order = queueOrder(queues);
  const labels = [...(options.labels ?? [])];
  return {
    table,
    queues: order,
    concurrency,
    shutdownTimeout,
    beatInterval,
    labels,
    log: options.log ?? silent,
  };
}

const longestTimer = 2 ** 31 - 1;

function checkTime(name: string, value: number, least: number): void {
  if (value >= least && value <= longestTimer) return;
  throw new FaktoryError('CONFIG', `${name} must be between ${least} and ${longestTimer} milliseconds`);
}
