/**
 * The options of a worker, with their defaults and checks. All checks run before the worker
 * connects.
 *
 * Note: all times are milliseconds, but the program's flags use seconds.
 */

import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { inspect } from 'node:util';
import {
  type AnyJobs,
  checkArguments,
  definitionsByType,
  type JobDefinition,
  type JobTypes,
} from '@faktory-ts/client';
import { FaktoryError, unknownOption } from '@faktory-ts/protocol';
import type { RunRules } from './attempt.ts';
import type { ErrorRule } from './error-rules.ts';
import { checkErrorRules } from './handler-options.ts';
import { type Handlers, type HandlerTable, handlerTable } from './handlers.ts';
import { type FieldsFirstLogger, type Logger, loggerOf } from './log.ts';
import type { AnyMiddleware, Middleware } from './middleware.ts';
import type { WorkerObserver } from './observer.ts';
import { type Queues, queueOrder } from './queues.ts';
import { Runner } from './run.ts';

/** Options of a {@link Worker}. Only `handlers` has no default. */
export interface WorkerOptions<Jobs extends JobTypes<Jobs> = AnyJobs> {
  /** Handlers by jobtype. A job of another type fails with errtype `UnknownJobtype`. */
  handlers: Handlers<NoInfer<Jobs>>;
  /**
   * Definitions of the jobs: they type the handlers, and a job with arguments that do not match
   * moves to the dead set at once with errtype `InvalidArguments`. Default: none.
   */
  jobs?: (Jobs extends readonly JobDefinition[] ? Jobs : undefined) | undefined;
  /** Middleware around every handler, the first outermost. Default: none. */
  middleware?: readonly Middleware<NoInfer<Jobs>>[] | undefined;
  /**
   * Decides a job's outcome by the class of its error: the first match, after the rules of its
   * jobtype. Default: none.
   */
  errors?: readonly ErrorRule[] | undefined;
  /**
   * `'mail'`, `['critical', 'default']`, or weights `{ critical: 3, default: 1 }`. Default
   * `['default']`.
   */
  queues?: Queues | undefined;
  /** For queues in strict order: `round-robin` puts each queue first in turn. Default `strict`. */
  queueOrder?: 'strict' | 'round-robin' | undefined;
  /** Most jobs that run at once. Default 10. */
  concurrency?: number | undefined;
  /**
   * Most jobs of a queue that this worker may hold, by queue: running and fetched ahead. Default:
   * no limit.
   */
  queueConcurrency?: Readonly<Record<string, number>> | undefined;
  /**
   * Most jobs fetched beyond the free slots, so that short jobs do not wait for the network. Only
   * as many are fetched as will run within some milliseconds, and a job that has waited for one
   * second is returned. 0 = none. Default 1000. No effect on servers without our extensions.
   */
  fetchAhead?: number | undefined;
  /**
   * `tcp://:password@host:port` or `tcp+tls://…`; several are tried in order. Default:
   * FAKTORY_PROVIDER, FAKTORY_URL, else `tcp://localhost:7419`.
   */
  url?: string | readonly string[] | undefined;
  /** Overrides the password in the URL. Default: none. */
  password?: string | undefined;
  /**
   * Milliseconds from the start of a handler until the signal of its context is aborted; for
   * jobtypes without their own `timeout`. `Infinity` = no limit. Default: no limit.
   */
  timeout?: number | undefined;
  /**
   * Milliseconds from the start of a handler until its job fails and its slot is free, whatever the
   * handler does; for jobtypes without their own `hardTimeout`. `Infinity` = no limit. Default: no
   * limit.
   */
  hardTimeout?: number | undefined;
  /**
   * Milliseconds that running jobs have to end after stop(). `Infinity` = no limit. Default 25,000.
   */
  shutdownTimeout?: number | undefined;
  /**
   * Milliseconds between two beats; our server takes back the jobs of a worker that is silent for
   * 15,000. Default 5000.
   */
  beatInterval?: number | undefined;
  /**
   * Milliseconds that a handler may block the event loop. After that the heart, which has its own
   * thread, stops beating, and the server gives the jobs to other workers. Default 1,800,000: half
   * an hour.
   */
  longestBlock?: number | undefined;
  /**
   * For a bundled program: the folder with `inside.js` and `heart-thread.js` of this package, which
   * start threads and child processes; see BUNDLING.md. Default: beside this code, else in the
   * installed package.
   */
  threadFiles?: string | URL | undefined;
  /**
   * For `tcp+tls://`: `ca`, `cert`, `key`, `servername` …, as in Node's `tls.connect`. Default: the
   * files in FAKTORY_TLS_CA, FAKTORY_TLS_CERT and FAKTORY_TLS_KEY.
   */
  tls?: TlsOptions | undefined;
  /** Labels of the worker in the web UI. Default: none. */
  labels?: readonly string[] | undefined;
  /**
   * `console`, pino, bunyan, winston …: any logger with `debug`, `info`, `warn` and `error`.
   * Default: logs nothing.
   */
  log?: Logger | FieldsFirstLogger | undefined;
  /**
   * Handles uncaught errors and unhandled rejections: the job that caused one fails, and all other
   * jobs are returned without using an attempt. Then the error is thrown again, so that Node ends
   * the process with exit status 1, or your own listener decides. Default false; true in the
   * program `faktory-worker`. Costs a little for each promise before Node 24.
   */
  catchUncaught?: boolean | undefined;
  /** One observer or a list, for metrics. Must not throw. Default: none. */
  observer?: WorkerObserver | readonly WorkerObserver[] | undefined;
}

/** The options as the worker uses them. */
export interface WorkerSettings {
  runner: Runner;
  queues: () => readonly string[];
  concurrency: number;
  shutdownTimeout: number;
  beatInterval: number;
  longestBlock: number;
  fetchAhead: number;
  queueLimits: ReadonlyMap<string, number>;
  typeLimits: ReadonlyMap<string, number>;
  labels: string[];
  threadFiles: string | URL | undefined;
  log: Logger;
  catchUncaught: boolean;
  observers: WorkerObserver[];
}

/** The names of all options. The compiler reports a missing one. */
export const workerOptionNames = Object.keys({
  handlers: 0,
  jobs: 0,
  middleware: 0,
  errors: 0,
  queues: 0,
  queueOrder: 0,
  concurrency: 0,
  queueConcurrency: 0,
  fetchAhead: 0,
  url: 0,
  password: 0,
  timeout: 0,
  hardTimeout: 0,
  shutdownTimeout: 0,
  beatInterval: 0,
  longestBlock: 0,
  threadFiles: 0,
  tls: 0,
  labels: 0,
  log: 0,
  catchUncaught: 0,
  observer: 0,
} satisfies Record<keyof WorkerOptions, 0>);

/** Throws `CONFIG` for the first option that cannot work. */
export function settings<Jobs extends JobTypes<Jobs> = AnyJobs>(
  options: WorkerOptions<Jobs>,
): WorkerSettings {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new FaktoryError('CONFIG', 'new Worker(): the options must be an object: new Worker({ handlers })');
  const unknown = unknownOption(options, workerOptionNames);
  if (unknown !== undefined) throw new FaktoryError('CONFIG', unknown);
  const { queues = ['default'], concurrency = 10, shutdownTimeout = 25_000, beatInterval = 5000 } = options;
  const { longestBlock = 1_800_000, fetchAhead = 1000 } = options;
  const table = handlerTable(options.handlers, options);
  if (table.size === 0) throw new FaktoryError('CONFIG', 'a worker needs at least one handler');
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new FaktoryError('CONFIG', 'concurrency must be a whole number, 1 or more');
  }
  checkTime('shutdownTimeout', shutdownTimeout, 0, true);
  checkTime('beatInterval', beatInterval, 1);
  checkTime('longestBlock', longestBlock, 1000, true);
  if (!Number.isInteger(fetchAhead) || fetchAhead < 0) {
    throw new FaktoryError('CONFIG', 'fetchAhead must be a whole number, 0 or more');
  }
  const middleware = checkedMiddleware(options.middleware ?? []);
  const errors: unknown = options.errors ?? [];
  checkErrorRules('errors', errors);
  const order = queueOrder(queues, options.queueOrder);
  const labels = checkedTexts('labels', options.labels ?? []);
  return {
    runner: new Runner({ table, middleware, errors, checkArguments: checkBy(options.jobs ?? []) }),
    queues: order,
    concurrency,
    shutdownTimeout,
    beatInterval,
    longestBlock,
    fetchAhead,
    queueLimits: limitsOf(options.queueConcurrency),
    typeLimits: typeLimits(table),
    labels,
    threadFiles: options.threadFiles,
    log: loggerOf(options.log),
    catchUncaught: checkedFlag('catchUncaught', options.catchUncaught ?? false),
    observers: checkedObservers([options.observer ?? []].flat()),
  };
}

function limitsOf(given: Readonly<Record<string, number>> = {}): ReadonlyMap<string, number> {
  if (typeof given !== 'object' || given === null)
    throw new FaktoryError('CONFIG', 'queueConcurrency must be limits by queue: { mail: 3 }');
  for (const [name, limit] of Object.entries(given)) {
    if (Number.isInteger(limit) && limit > 0) continue;
    throw new FaktoryError('CONFIG', `queueConcurrency of ${name} must be a whole number, 1 or more`);
  }
  return new Map(Object.entries(given));
}

function checkBy(jobs: readonly JobDefinition[]): RunRules['checkArguments'] {
  const definitions = definitionsByType(jobs);
  if (definitions.size === 0) return undefined;
  return (jobtype, args) => {
    const definition = definitions.get(jobtype);
    return definition === undefined ? args : checkArguments(definition, args);
  };
}

function typeLimits(table: HandlerTable): ReadonlyMap<string, number> {
  const limits = [...table].flatMap(([jobtype, { concurrency }]) =>
    concurrency === undefined ? [] : [[jobtype, concurrency] as const],
  );
  return new Map(limits);
}

/** Note: a string is refused, because a spread would make a label of each letter. */
function checkedTexts(name: string, value: unknown): string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return [...value];
  throw new FaktoryError('CONFIG', `${name} must be a list of strings, not ${inspect(value)}`);
}

function checkedObservers(observers: readonly unknown[]): WorkerObserver[] {
  const wrong = observers.find((one) => typeof one !== 'object' || one === null);
  if (wrong === undefined) return observers as WorkerObserver[];
  throw new FaktoryError('CONFIG', `observer must be an object with methods, not ${inspect(wrong)}`);
}

function checkedFlag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new FaktoryError('CONFIG', `${name} must be true or false, not ${inspect(value)}`);
}

function checkedMiddleware(middleware: unknown): AnyMiddleware[] {
  if (Array.isArray(middleware) && middleware.every((one) => typeof one === 'function'))
    return [...middleware];
  throw new FaktoryError('CONFIG', 'middleware must be a list of functions (context, next)');
}

const longestTimer = 2 ** 31 - 1;

/**
 * Throws `CONFIG` for a value that is no time of a timer, or too short.
 *
 * @param endless whether `Infinity` is allowed
 */
export function checkTime(name: string, value: unknown, least: number, endless = false): void {
  if (typeof value === 'number' && value >= least && value <= longestTimer) return;
  if (endless && value === Number.POSITIVE_INFINITY) return;
  const otherwise = endless ? ', or Infinity' : '';
  throw new FaktoryError(
    'CONFIG',
    `${name} is ${inspect(value)}; it must be between ${least} and ${longestTimer} milliseconds${otherwise}`,
  );
}
