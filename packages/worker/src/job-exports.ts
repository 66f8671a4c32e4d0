/*
 * Which exports of a file are jobs.
 *
 * 1. A default export that is one handler (a function, a class or object with `run`, settings around `run`) is the job of the file's name.
 * 2. A default export that is another object is a map: each entry is a job, whatever its name. Other exports are none then.
 * 3. Without a default export each named export that can be a handler is a job. In a file of a folder only when its name begins with a
 *    capital letter: files there have helpers beside their jobs, and nobody wrote down which are which.
 *
 * Note: `exports.x` of CommonJS cannot be told from `module.exports = { x }`. Both are named exports where a folder brings them in.
 */

import { createRequire } from 'node:module';
import path from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { callOf, isClassWithoutRun, isSettings } from './handlers.ts';
import type { Exported } from './import-file.ts';

/** A file with exports. */
export interface ExportingFile {
  /** What to call it in errors. */
  readonly file: string;
  /** Absolute. */
  readonly location: string;
  /** A folder brought it in, it was not named itself. */
  readonly inFolder: boolean;
}

/** The jobs of a file, and the names of the exports that could be jobs but are not, by their names. */
export interface JobExports {
  readonly jobs: readonly (readonly [jobtype: string, handler: unknown])[];
  readonly passedOver: readonly string[];
}

/** Throws `CONFIG`, the file named, for an entry of a map that is no handler, or a single handler in a file called index. */
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
    `${file}: a default export that is one handler has the jobtype of its file's name; name the file after the jobtype, or export { JobType: handler }`,
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

/** Whether it is one handler, not a map of them: an object with `run` and nothing but settings beside it. */
function isSingle(whole: unknown): boolean {
  if (!isSettings(whole)) return isHandler(whole);
  return isHandler(whole) && Object.keys(whole).every((name) => settingNames.includes(name));
}

/** Note: a class without `run` is a helper, as a class of errors is. */
function isHandler(value: unknown): boolean {
  return callOf(value) !== undefined && !isClassWithoutRun(value);
}

function isCommonJs(location: string, whole: object): boolean {
  return createRequire(location).cache[location]?.exports === whole;
}
