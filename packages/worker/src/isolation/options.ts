/**
 * Reads and checks the isolation of a jobtype's handlers: thread, process or inline. The module is
 * loaded only where it runs.
 *
 * Note: the memory of a thread is its JavaScript heap, that of a process is its resident memory.
 */

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FaktoryError, unknownOption } from '@faktory-ts/protocol';
import { advice, threadFile } from '../thread-files.ts';

/** Isolation with settings. Memory is in MiB. */
export interface IsolationOptions {
  /**
   * A thread shares the process: it costs little, but a crash of native code ends the worker. A
   * process shares nothing.
   */
  readonly in: 'thread' | 'process';
  /**
   * Limit of the JavaScript heap. A job that needs more fails with errtype `JobCrashed`. Default:
   * Node's own limit.
   */
  readonly memoryLimit?: number | undefined;
  /** Number of jobs after which a thread or process is replaced. Default: never. */
  readonly recycleAfter?: number | undefined;
  /**
   * A thread or process that uses more memory than this after a job is replaced: the JavaScript
   * heap of a thread, all memory of a process. Default: never.
   */
  readonly recycleAbove?: number | undefined;
}

/** Isolation as the worker uses it: the module and the entry. */
export interface Seating extends IsolationOptions {
  /** The module of the handler; an absolute URL. */
  readonly file: URL;
  /** The script that the thread or process starts with. */
  readonly entry: URL;
}

/**
 * Returns undefined for a handler in the worker's own thread. Throws `CONFIG` with the option,
 * named after `where`.
 */
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
      `${where}.file needs isolation 'thread' or 'process', or use run instead`,
    );
  }
  const options = typeof isolation === 'string' ? { in: isolation } : isolation;
  checkOptions(`${where}.isolation`, options);
  const url = moduleUrl(`${where}.file`, file);
  const entry = threadFile('inside', threadFiles);
  if (entry === undefined) {
    const text = 'isolated handlers need the file inside.js, which is not beside this bundled program';
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
