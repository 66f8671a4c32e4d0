/*
 * What the config file of the `faktory-worker` program may say.
 * It must never load anything: the package's door exports it. A stranger would get wrong the units: times are milliseconds, as in
 * the library's options, while the flags say seconds.
 */

import type { AnyJobs, JobTypes } from '@faktory-ts/client';
import type { Handlers } from './handlers.ts';
import type { LogLevel } from './log-lines.ts';
import type { WorkerOptions } from './options.ts';

/** How the program can write its log. */
export const logFormats = ['text', 'json'] as const;

/** What `faktory.config.ts` may say: all options of a worker, and those of the program. Flags win over it. */
export interface WorkerConfig<Jobs extends JobTypes<Jobs> = AnyJobs>
  extends Omit<WorkerOptions<Jobs>, 'handlers'> {
  /** Beside the handlers of the files of `require`. */
  handlers?: Handlers<NoInfer<Jobs>> | undefined;
  /** Files with handlers, or folders of them, relative to the config file. Default: none. */
  require?: string | readonly string[] | undefined;
  /** Least level to print; warnings and errors always are. Default `info`. Not with a `log` of your own. */
  logLevel?: LogLevel | undefined;
  /** Default `json` when NODE_ENV or FAKTORY_ENV is `production`, else `text`. Not with a `log` of your own. */
  logFormat?: (typeof logFormats)[number] | undefined;
  /** Where `/health` and `/metrics` are served: a port of localhost, or `HOST:PORT`. Default: nowhere. */
  http?: number | string | undefined;
  /** Milliseconds ago that a fetch may have been answered last for `/health` to say healthy; 3000 or more. Default 30,000. */
  healthWindow?: number | undefined;
}

/** What `faktory.config.ts` may export: the config, or a function that gives it, at once or later; it is called once. */
export type ConfigExport<Jobs extends JobTypes<Jobs> = AnyJobs> =
  | WorkerConfig<Jobs>
  | (() => WorkerConfig<Jobs> | Promise<WorkerConfig<Jobs>>);

/**
 * What the default export of `faktory.config.ts` is made with. Gives back what it is given, with its types checked.
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
