/*
 * Where the handlers of a jobtype run, with the checks of it.
 * It must never load the module: that happens only where it runs. A stranger would get wrong that memory is counted differently: of a
 * thread it is its JavaScript heap, of a process all that it holds.
 */

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FaktoryError, unknownOption } from '@faktory-ts/protocol';
import { advice, threadFile } from '../thread-files.ts';

/** Isolation with settings. Memory is in MiB. */
export interface IsolationOptions {
  /** A thread shares the process: cheap, but a crash of native code ends all. A process shares nothing. */
  readonly in: 'thread' | 'process';
  /** How large the JavaScript heap may grow. A job that needs more fails with errtype `JobCrashed`. Default: Node's own limit. */
  readonly memoryLimit?: number | undefined;
  /** A thread or process is replaced after so many jobs. Default: never. */
  readonly recycleAfter?: number | undefined;
  /**
   * A thread or process that holds more than this after a job is replaced: of a thread its JavaScript heap, of a process all its memory.
   * Default: never.
   */
  readonly recycleAbove?: number | undefined;
}

/** Isolation as the worker uses it: what to load where. */
export interface Seating extends IsolationOptions {
  /** Absolute. */
  readonly file: URL;
  /** What the thread or process is started with. */
  readonly entry: URL;
}

/** Undefined = in the worker's own thread. Throws `CONFIG`, the option named after `where`, for what cannot work. */
export function readIsolation(
  where: string,
  isolation: unknown,
  file: unknown,
  threadFiles?: string | URL,
): Seating | undefined {
  if (isolation === undefined || isolation === 'inline') {
    if (file === undefined) return undefined;
    throw new FaktoryError(
      'CONFIG',
      `${where}.file needs isolation 'thread' or 'process'; without it give run`,
    );
  }
  const options = typeof isolation === 'string' ? { in: isolation } : isolation;
  checkOptions(`${where}.isolation`, options);
  const url = moduleUrl(`${where}.file`, file);
  const entry = threadFile('inside', threadFiles);
  if (entry === undefined) {
    const text =
      'the file inside.js is not beside this program, which was bundled, and isolated handlers need it';
    throw new FaktoryError('CONFIG', `${where}.isolation: ${text}: ${advice}`);
  }
  return { ...options, file: url, entry };
}

function checkOptions(where: string, options: unknown): asserts options is IsolationOptions {
  const { in: place, ...numbers } = (options ?? {}) as Record<string, unknown>;
  if (place !== 'thread' && place !== 'process') {
    throw new FaktoryError(
      'CONFIG',
      `${where} must be 'inline', 'thread', 'process' or { in: 'thread' | 'process', … }`,
    );
  }
  const unknown = unknownOption(numbers, ['in', 'memoryLimit', 'recycleAfter', 'recycleAbove'], `${where}.`);
  if (unknown !== undefined) throw new FaktoryError('CONFIG', unknown);
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined && !(Number.isInteger(value) && (value as number) >= 1)) {
      throw new FaktoryError('CONFIG', `${where}.${name} must be a whole number, 1 or more`);
    }
  }
}

function moduleUrl(where: string, file: unknown): URL {
  if (typeof file === 'string' && path.isAbsolute(file)) return pathToFileURL(file);
  const url =
    file instanceof URL || (typeof file === 'string' && file.startsWith('file:')) ? new URL(file) : undefined;
  if (url?.protocol === 'file:') return url;
  throw new FaktoryError(
    'CONFIG',
    `${where} must be a file: URL or an absolute path to the module with the handler: new URL('./it.js', import.meta.url)`,
  );
}
