/**
 * The type of the config file of the `faktory-worker` program. Loads nothing, because the package's
 * index exports it.
 *
 * Note: times are milliseconds, as in the library's options, but the flags use seconds.
 */

import type { AnyJobs, JobTypes } from '@faktory-ts/client';
import type { Handlers } from './handlers.ts';
import type { LogLevel } from './log-lines.ts';
import type { WorkerOptions } from './options.ts';

/** Formats of the program's log. */
export const logFormats = ['text', 'json'] as const;

/**
 * The options of `faktory.config.ts`: all of a worker, and those of the program. Flags win over it.
 */
export interface WorkerConfig<Jobs extends JobTypes<Jobs> = AnyJobs>
  extends Omit<WorkerOptions<Jobs>, 'handlers'> {
  /** In addition to the handlers of the files of `require`. */
  handlers?: Handlers<NoInfer<Jobs>> | undefined;
  /** Files with handlers, or folders of them, relative to the config file. Default: none. */
  require?: string | readonly string[] | undefined;
  /**
   * Lowest level to print; warnings and errors are always printed. Default `info`. Not with your
   * own `log`.
   */
  logLevel?: LogLevel | undefined;
  /**
   * Default `json` when NODE_ENV or FAKTORY_ENV is `production`, else `text`. Not with your own
   * `log`.
   */
  logFormat?: (typeof logFormats)[number] | undefined;
  /**
   * Where `/health` and `/metrics` are served: a port of localhost, or `HOST:PORT`. Default:
   * nowhere.
   */
  http?: number | string | undefined;
  /**
   * `/health` is healthy when a fetch was answered in the last so many milliseconds; 3000 or more.
   * Default 30,000.
   */
  healthWindow?: number | undefined;
}

/**
 * The default export of `faktory.config.ts`: the config, or a function, also async, called once.
 */
export type ConfigExport<Jobs extends JobTypes<Jobs> = AnyJobs> =
  | WorkerConfig<Jobs>
  | (() => WorkerConfig<Jobs> | Promise<WorkerConfig<Jobs>>);

/**
 * Checks the types of the default export of `faktory.config.ts`. Returns its argument.
 *
 * @example
 * ```ts
 * import { defineConfig } from '@faktory-ts/worker';
 *
 * export default defineConfig({
 *   require: './jobs',
 *   queues: ['critical', 'default'],
 *   concurrency: 20,
 *   http: '0.0.0.0:8080',
 * });
 * ```
 */
export function defineConfig<Jobs extends JobTypes<Jobs> = AnyJobs>(
  config: ConfigExport<Jobs>,
): ConfigExport<Jobs> {
  return config;
}
