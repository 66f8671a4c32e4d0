/**
 * Combines flags, config file and defaults into the options of the program. Only flags that were
 * given override the config file.
 *
 * Note: paths in the config file are relative to that file, paths in flags to the current folder.
 */

import path from 'node:path';
import { clientTls, resolveServers } from '@faktory-ts/client';
import { type LoadedConfig, loadConfig } from './config.ts';
import type { logFormats, WorkerConfig } from './define-config.ts';
import { type Arguments, parseQueueFlags } from './flags.ts';
import { checkWindow } from './health.ts';
import { type HttpAddress, httpAddress } from './http-address.ts';
import type { LogLevel } from './log-lines.ts';
import type { WorkerOptions } from './options.ts';

/** The options of the program. */
export interface ProgramOptions {
  /** Files and folders with handlers, relative to the current folder or absolute. */
  require: readonly string[];
  /** The options of the config file, handlers included, overridden by the flags. */
  worker: Omit<WorkerConfig, 'require' | 'logLevel' | 'logFormat' | 'http' | 'healthWindow'>;
  logLevel: LogLevel;
  logFormat: (typeof logFormats)[number];
  http: HttpAddress | undefined;
  /** Milliseconds; undefined: the default. */
  healthWindow: number | undefined;
  /** Folders with the program's code. */
  folders: string[];
}

/** Reads the config file, if there is one. Throws `CONFIG` for it and for bad flags. */
export async function programOptions(
  args: Arguments,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<ProgramOptions> {
  const loaded = await loadConfig(args.config, cwd);
  const { require: _files, logLevel, logFormat, http: configured, ...rest } = loaded.config;
  const { healthWindow: window, ...fromConfig } = rest;
  const files = args.require ?? configFiles(loaded, cwd);
  const http = args.http ?? configured;
  const healthWindow = args.healthWindow === undefined ? window : args.healthWindow * 1000;
  if (healthWindow !== undefined) checkWindow(healthWindow);
  return {
    require: files,
    worker: { ...fromConfig, ...fromFlags(args), ...tlsOption(args, fromConfig, env) },
    logLevel: args.logLevel ?? logLevel ?? 'info',
    logFormat: args.logFormat ?? logFormat ?? (isProduction(env) ? 'json' : 'text'),
    http: http === undefined ? undefined : httpAddress(http),
    healthWindow,
    folders: watchedFolders(files, loaded.location, cwd),
  };
}

function configFiles({ config, location }: LoadedConfig, cwd: string): string[] {
  const { require: files = [] } = config;
  const list = typeof files === 'string' ? [files] : files;
  const from = location === undefined ? cwd : path.dirname(location);
  return list.map((file) => (from === cwd ? file : path.resolve(from, file)));
}

function fromFlags(args: Arguments): Partial<WorkerOptions> {
  const { queue, concurrency, url, timeout, jobTimeout, hardTimeout, label, logLevel, logFormat } = args;
  const queues = queue && parseQueueFlags(queue);
  return {
    ...(queues !== undefined && { queues }),
    // Drop the config file's queueOrder: weights have their own order.
    ...(queues !== undefined && !Array.isArray(queues) && { queueOrder: undefined }),
    ...(concurrency !== undefined && { concurrency }),
    ...(url !== undefined && { url }),
    ...(timeout !== undefined && { shutdownTimeout: timeout * 1000 }),
    ...(jobTimeout !== undefined && { timeout: jobTimeout * 1000 }),
    ...(hardTimeout !== undefined && { hardTimeout: hardTimeout * 1000 }),
    ...(label !== undefined && { labels: label }),
    // A flag about the log selects the program's own log.
    ...((logLevel ?? logFormat) !== undefined && { log: undefined }),
  };
}

/** Files of flags override the config file, which overrides the environment. */
function tlsOption(
  { url, tlsKey, tlsCert, tlsCa }: Arguments,
  config: Pick<WorkerOptions, 'url' | 'password' | 'tls'>,
  env: NodeJS.ProcessEnv,
): Pick<WorkerOptions, 'tls'> {
  if ((tlsKey ?? tlsCert ?? tlsCa) === undefined) return {};
  const addresses = resolveServers({ url: url ?? config.url }, env);
  const read = clientTls(addresses, { files: { key: tlsKey, cert: tlsCert, ca: tlsCa } }, env);
  return { tls: { ...config.tls, ...read } };
}

function isProduction(env: NodeJS.ProcessEnv): boolean {
  return env.NODE_ENV === 'production' || env.FAKTORY_ENV === 'production';
}

function watchedFolders(files: readonly string[], config: string | undefined, cwd: string): string[] {
  const places = files.map((file) => path.resolve(cwd, file));
  const folders = places.flatMap((place) => (path.extname(place) === '' ? [place] : [path.dirname(place)]));
  return [...new Set([cwd, ...folders, ...(config === undefined ? [] : [path.dirname(config)])])];
}
