/**
 * Decides which exports of a file are jobs.
 *
 * 1. A default export that is one handler (a function, a class or object with `run`, settings
 *    around `run`) is a job named after the file.
 * 2. A default export that is another object is a map: each entry is a job, whatever its name.
 *    Other exports are ignored.
 * 3. Without a default export, each named export that can be a handler is a job. For a file of a
 *    folder its name must begin with a capital letter, because such files also export helpers.
 *
 * Note: `exports.x` of CommonJS looks like `module.exports = { x }`, so in a folder both count as
 * named exports.
 */

import { createRequire } from 'node:module';
import path from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { callOf, isClassWithoutRun, isSettings } from './handlers.ts';
import type { Exported } from './import-file.ts';

/** A file with exports. */
export interface ExportingFile {
  /** Its name in errors. */
  readonly file: string;
  /** Absolute path. */
  readonly location: string;
  /** Whether the file was found in a folder, not named itself. */
  readonly inFolder: boolean;
}

/**
 * The jobs of a file, and the names of exports that could be jobs but whose names are not
 * capitalized.
 */
export interface JobExports {
  readonly jobs: readonly (readonly [jobtype: string, handler: unknown])[];
  readonly passedOver: readonly string[];
}

/**
 * Throws `CONFIG` with the file, for an entry of a map that is no handler, and for a single handler
 * in a file called index.
 */
export function jobExports(from: ExportingFile, exported: Exported): JobExports {
  const { file, location, inFolder } = from;
  const whole = exported.default;
  if (isSingle(whole)) return { jobs: [[nameOf(file), whole]], passedOver: [] };
  const isMap = typeof whole === 'object' && whole !== null;
  if (isMap && !(inFolder && isCommonJs(location, whole)))
    return { jobs: mapOf(file, whole), passedOver: [] };
  const named = Object.entries(isMap ? whole : exported).filter(
    ([name, value]) => name !== 'default' && name !== 'module.exports' && isHandler(value),
  );
  const isJob = ([name]: readonly [string, unknown]): boolean => !inFolder || /^\p{Lu}/u.test(name);
  const passedOver = named.filter((one) => !isJob(one)).map(([name]) => name);
  return { jobs: named.filter(isJob), passedOver };
}

function nameOf(file: string): string {
  const { name } = path.parse(file);
  if (name !== 'index') return name;
  throw new FaktoryError(
    'CONFIG',
    `${file}: a single handler as default export takes the file name as its jobtype; name the file after the jobtype, or export { JobType: handler }`,
  );
}

function mapOf(file: string, whole: object): [string, unknown][] {
  const inside = Object.entries(whole);
  for (const [jobtype, handler] of inside) {
    if (typeof handler === 'function' || (typeof handler === 'object' && handler !== null)) continue;
    throw new FaktoryError('CONFIG', `${file}: ${jobtype} is not a function, a class, or an object with run`);
  }
  return inside;
}

const settingNames = [
  'run',
  'timeout',
  'hardTimeout',
  'concurrency',
  'errors',
  'retryDelay',
  'isolation',
  'file',
];

/**
 * Whether the export is one handler, not a map of them: an object with `run` and otherwise only
 * settings.
 */
function isSingle(whole: unknown): boolean {
  if (!isSettings(whole)) return isHandler(whole);
  return isHandler(whole) && Object.keys(whole).every((name) => settingNames.includes(name));
}

/** Note: a class without `run` is a helper, such as an error class. */
function isHandler(value: unknown): boolean {
  return callOf(value) !== undefined && !isClassWithoutRun(value);
}

function isCommonJs(location: string, whole: object): boolean {
  return createRequire(location).cache[location]?.exports === whole;
}
