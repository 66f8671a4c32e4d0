/**
 * Reads handlers in all their forms: a function, a class, an object, or settings around one of
 * them. All are checked when the worker is made, before any job runs.
 *
 * Note: a jobtype comes from the wire, so `constructor` or `__proto__` must not find an inherited
 * property as a handler.
 */

import type { AnyJobs, AsJson, DefinedJobs, JobDefinition } from '@faktory-ts/client';
import { FaktoryError } from '@faktory-ts/protocol';
import type { JobContext } from './context.ts';
import { type HandlerOptions, readHandlerOptions, type TimeLimits, timeLimits } from './handler-options.ts';
import { type IsolationOptions, readIsolation, type Seating } from './isolation/options.ts';

/**
 * Runs the jobs of one type. Returning or resolving is success; throwing or rejecting is failure.
 */
export type Handler<Args extends readonly unknown[] = readonly unknown[]> = (
  context: JobContext,
  ...args: Args
) => unknown;

/** A handler with its own state, such as connections. One object runs all jobs of its type. */
export interface HandlerObject<Args extends readonly unknown[] = readonly unknown[]> {
  readonly run: Handler<Args>;
}

/** A handler with state for one job: each job gets a new instance. */
export type HandlerClass<Args extends readonly unknown[] = readonly unknown[]> =
  new () => HandlerObject<Args>;

/** What a handler may be. */
export type AnyHandler<Args extends readonly unknown[] = readonly unknown[]> =
  | Handler<Args>
  | HandlerClass<Args>
  | HandlerObject<Args>;

/** A handler in this thread, with settings for its jobtype. */
export interface InlineSettings<Args extends readonly unknown[] = readonly unknown[]> extends HandlerOptions {
  readonly run: Handler<Args> | HandlerClass<Args>;
  readonly isolation?: 'inline' | undefined;
  readonly file?: undefined;
}

/** A handler that runs in a thread or process of its own, with settings for its jobtype. */
export interface IsolatedSettings extends HandlerOptions {
  /**
   * The module of the handler, JavaScript or TypeScript. The handler is its export `default`, `run`
   * or the one with the name of the jobtype, or an entry of a default export. A `file:` URL or an
   * absolute path: `new URL('./resize.js', import.meta.url)`.
   */
  readonly file: URL | string;
  readonly isolation: 'thread' | 'process' | IsolationOptions;
  readonly run?: undefined;
}

/**
 * One entry of {@link Handlers}. A plain object is settings, an instance of a class is a handler.
 */
export type HandlerEntry<Args extends readonly unknown[] = readonly unknown[]> =
  | AnyHandler<Args>
  | InlineSettings<Args>
  | IsolatedSettings;

/**
 * The arguments that handlers get, by jobtype. For a map of jobs: what JSON makes of its arguments
 * (a Date becomes a string). For a list of definitions: what their schemas make of that.
 */
export type RunMap<Given> = Given extends readonly JobDefinition[]
  ? DefinedJobs<Given, 'output'>
  : Given extends object
    ? { [T in keyof Given]: Given[T] extends readonly unknown[] ? AsJson<Given[T]> : never }
    : AnyJobs;

/**
 * Handlers by jobtype, with the arguments that the map of jobs or the list of definitions states.
 */
export type Handlers<Given = AnyJobs> = HandlersOf<RunMap<Given>>;

type HandlersOf<Jobs> = { [T in keyof Jobs]?: HandlerEntry<ArgsOf<Jobs, T>> };

/** Without a map of jobs, a handler may declare its own arguments. */
type ArgsOf<Jobs, T extends keyof Jobs> = string extends keyof Jobs
  ? // biome-ignore lint/suspicious/noExplicitAny: whatever a handler of an untyped worker declares
    readonly any[]
  : Jobs[T] extends readonly unknown[]
    ? Jobs[T]
    : never;

/** A handler as the worker runs it. */
export interface TableEntry extends HandlerOptions {
  readonly jobtype: string;
  /** Runs in this thread. Absent when the handler is isolated. */
  readonly call?: (context: JobContext, args: readonly unknown[]) => unknown;
  readonly seating?: Seating;
}

/** Handlers by jobtype: only those that were given. */
export type HandlerTable = ReadonlyMap<string, TableEntry>;

/**
 * Reads the own entries of the handlers. Throws `CONFIG` for the first bad one, with its jobtype
 * and option.
 *
 * @param limits the worker's limits, for jobtypes without their own, and where the files of threads
 * are
 */
export function handlerTable(handlers: object, limits: TimeLimits & ThreadFiles = {}): HandlerTable {
  const given = Object.entries(handlers ?? {}).filter(([, entry]) => entry !== undefined);
  const common = timeLimits('', limits);
  return new Map(
    given.map(([jobtype, entry]) => {
      const { timeout, hardTimeout, ...own } = tableEntry(jobtype, entry, limits.threadFiles);
      const merged = timeLimits(`handlers.${jobtype}.`, {
        timeout: timeout ?? common.timeout,
        hardTimeout: hardTimeout ?? common.hardTimeout,
      });
      return [jobtype, { ...own, ...merged }];
    }),
  );
}

interface ThreadFiles {
  readonly threadFiles?: string | URL | undefined;
}

/** Returns a function that calls the handler; undefined when the value is no handler. */
export function callOf(handler: unknown): TableEntry['call'] | undefined {
  if (typeof handler === 'function') {
    if (typeof handler.prototype?.run !== 'function') {
      return (context, args) => (handler as Handler)(context, ...args);
    }
    const Class = handler as HandlerClass;
    return (context, args) => new Class().run(context, ...args);
  }
  if (typeof handler !== 'object' || handler === null) return undefined;
  const object = handler as HandlerObject;
  return typeof object.run === 'function' ? (context, args) => object.run(context, ...args) : undefined;
}

/** Whether the value is a class that cannot be a handler, because it has no `run`. */
export function isClassWithoutRun(value: unknown): boolean {
  if (typeof value !== 'function' || typeof value.prototype?.run === 'function') return false;
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** Whether the entry is settings, not a handler: an object that no class made. */
export function isSettings(entry: unknown): entry is Record<string, unknown> {
  if (typeof entry !== 'object' || entry === null) return false;
  const prototype = Object.getPrototypeOf(entry);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function tableEntry(jobtype: string, entry: unknown, threadFiles: ThreadFiles['threadFiles']): TableEntry {
  const where = `handlers.${jobtype}`;
  if (!isSettings(entry)) {
    if (isClassWithoutRun(entry)) {
      throw new FaktoryError('CONFIG', `${where} is a class without a run method: its jobs could not run`);
    }
    const call = callOf(entry);
    if (call === undefined) {
      throw new FaktoryError(
        'CONFIG',
        `${where} must be a function, a class or object with a run method, or settings`,
      );
    }
    return { jobtype, call };
  }
  const { run, file, isolation, ...options } = entry;
  const checked = readHandlerOptions(where, options);
  const seating = readIsolation(where, isolation, file, threadFiles);
  // With an isolation, `run` is ignored: a loader that finds settings and handler in one file
  // leaves it.
  if (seating !== undefined) return { jobtype, ...checked, seating };
  const call = isClassWithoutRun(run) ? undefined : callOf(run);
  if (call === undefined) {
    throw new FaktoryError('CONFIG', `${where}.run must be a function, or a class with a run method`);
  }
  return { jobtype, ...checked, call };
}
