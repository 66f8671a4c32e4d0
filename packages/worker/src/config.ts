/**
 * Finds, loads and checks the config file of the `faktory-worker` program. An unknown key is an
 * error with the file, the line, and the key that was probably meant.
 *
 * Note: values are checked here and not together with the flags, so that an error can name the
 * file.
 */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { resolveServers } from '@faktory-ts/client';
import { FaktoryError, nearest } from '@faktory-ts/protocol';
import { logFormats, type WorkerConfig } from './define-config.ts';
import { checkWindow } from './health.ts';
import { httpAddress } from './http-address.ts';
import { importFile, placed } from './import-file.ts';
import { logLevels } from './log-lines.ts';
import { settings, type WorkerOptions, workerOptionNames } from './options.ts';

// The compiler reports a missing key.
const ownNames = Object.keys({
  require: 0,
  logLevel: 0,
  logFormat: 0,
  http: 0,
  healthWindow: 0,
} satisfies Record<Exclude<keyof WorkerConfig, keyof WorkerOptions>, 0>);
const known = [...workerOptionNames, ...ownNames];

const names = ['ts', 'mts', 'js', 'mjs', 'cjs'].map((ending) => `faktory.config.${ending}`);

/** A config and where it came from. */
export interface LoadedConfig {
  config: WorkerConfig;
  /** Undefined when there is no config file. */
  location: string | undefined;
}

/**
 * Loads the config file of a folder.
 *
 * @param given another file, relative to `cwd`; false: no config file
 * @throws FaktoryError `CONFIG` with file and line, when the file does not exist, when there are
 * two, when it cannot be loaded, when its function throws, for an unknown key and for a bad value.
 */
export async function loadConfig(given: string | false | undefined, cwd: string): Promise<LoadedConfig> {
  const file = given === false ? undefined : configFile(given, cwd);
  if (file === undefined) return { config: {}, location: undefined };
  const location = path.resolve(cwd, file);
  const exported = await importFile(file, location, 'jiti');
  const config = await configOf(exported.default, file, location);
  if (typeof config !== 'object' || config === null) {
    const text = 'its default export must be an object, or a function that returns one: defineConfig({ … })';
    throw new FaktoryError('CONFIG', `${file}: ${text}`);
  }
  checkConfig(config, file, readFileSync(location, 'utf8'));
  return { config, location };
}

async function configOf(exported: unknown, file: string, location: string): Promise<unknown> {
  if (typeof exported !== 'function') return exported;
  try {
    return await exported();
  } catch (cause) {
    throw await placed(cause, file, location, 'its function failed');
  }
}

function configFile(given: string | undefined, cwd: string): string | undefined {
  if (given !== undefined) {
    if (existsSync(path.resolve(cwd, given))) return given;
    throw new FaktoryError('CONFIG', `${given}: there is no such config file`);
  }
  const [first, second] = names.filter((name) => existsSync(path.join(cwd, name)));
  if (second === undefined) return first;
  throw new FaktoryError(
    'CONFIG',
    `${first} and ${second} are both here: remove one, or choose one with --config FILE`,
  );
}

function checkConfig(config: WorkerConfig, file: string, source: string): void {
  for (const key of Object.keys(config)) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`;
    throw new FaktoryError('CONFIG', `${place(file, source, key)}: unknown key ${key}; ${hint}`);
  }
  try {
    checkOwn(config);
    // The handlers are checked later, together with those of the files.
    const {
      require: _,
      logLevel: _level,
      logFormat: _format,
      http: _http,
      healthWindow: _window,
      ...worker
    } = config;
    settings({ ...worker, handlers: { Checked: () => undefined } } as WorkerOptions);
    // The URL may come from a flag or the environment; then this file cannot be blamed for `tls`.
    if (config.url !== undefined) resolveServers(config);
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    const key = Object.keys(config).find((name) => new RegExp(`\\b${name}\\b`, 'i').test(error.message));
    throw new FaktoryError('CONFIG', `${place(file, source, key)}: ${error.message}`, { cause: error });
  }
}

function checkOwn({ require, logLevel, logFormat, http, healthWindow, handlers }: WorkerConfig): void {
  const files: unknown = typeof require === 'string' ? [require] : (require ?? []);
  if (!Array.isArray(files) || files.some((one) => typeof one !== 'string' || one === '')) {
    throw new FaktoryError('CONFIG', 'require must be a file or folder, or a list of them');
  }
  checkChoice('logLevel', logLevel, logLevels);
  checkChoice('logFormat', logFormat, logFormats);
  if (http !== undefined) httpAddress(http);
  if (healthWindow !== undefined) checkWindow(healthWindow);
  if (handlers !== undefined && (typeof handlers !== 'object' || handlers === null)) {
    throw new FaktoryError('CONFIG', 'handlers must be an object: handlers by jobtype');
  }
}

function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return;
  throw new FaktoryError('CONFIG', `${name} must be one of ${choices.join(', ')}`);
}

/** The file, and the first line that has the key, when one has it. */
function place(file: string, source: string, key: string | undefined): string {
  if (key === undefined) return file;
  const escaped = key.replace(/[^\w]/g, '\\$&');
  const at = source.search(new RegExp(`(?<![\\w.])['"]?${escaped}['"]?\\s*[:,(]`));
  return at < 0 ? file : `${file}:${source.slice(0, at).split('\n').length}`;
}
