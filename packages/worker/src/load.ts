/*
 * Turns files into handlers: JavaScript by Node's own import(), TypeScript through jiti.
 * It must never guess: a file that is missing, throws, or holds no handler is an error that names it. A stranger would get wrong
 * that named exports which are no functions are passed over, while in a default export every entry must be a handler.
 */

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Handler } from './handlers.ts';

/**
 * Loads the handlers of some files: of each the entries of its default export when that is an object, else its named exports.
 *
 * @param files relative to `cwd`
 * @throws FaktoryError `CONFIG`, the file named: not there, cannot be loaded, no handlers, or a jobtype that another file has too.
 */
export async function loadHandlers(files: readonly string[], cwd: string): Promise<Record<string, Handler>> {
  const owners = new Map<string, { file: string; handler: Handler }>();
  for (const file of files) {
    for (const [jobtype, handler] of await handlersOf(file, path.resolve(cwd, file))) {
      const owner = owners.get(jobtype);
      if (owner !== undefined) {
        throw new FaktoryError('CONFIG', `${file}: a handler for ${jobtype} is in ${owner.file} too`);
      }
      owners.set(jobtype, { file, handler });
    }
  }
  return Object.fromEntries([...owners].map(([jobtype, { handler }]) => [jobtype, handler]));
}

async function handlersOf(file: string, location: string): Promise<[jobtype: string, handler: Handler][]> {
  const found = await stat(location).catch(() => undefined);
  if (!found?.isFile()) throw new FaktoryError('CONFIG', `${file}: there is no such file`);
  const exported = await importFile(file, location);
  const handlers = entries(file, exported);
  if (handlers.length === 0) throw new FaktoryError('CONFIG', `${file}: it exports no handlers`);
  return handlers;
}

/** The exports of a file: TypeScript through jiti, all else by import(). Throws `CONFIG`, `file` named, when it cannot be loaded. */
export async function importFile(file: string, location: string): Promise<Record<string, unknown>> {
  try {
    if (/\.[mc]?js$/.test(location)) return await import(pathToFileURL(location).href);
    const { createJiti } = await import('jiti');
    return await createJiti(import.meta.url, { interopDefault: false }).import(location);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FaktoryError('CONFIG', `${file}: it cannot be loaded: ${reason}`, { cause });
  }
}

function entries(file: string, exported: Record<string, unknown>): [string, Handler][] {
  const whole = exported.default;
  if (typeof whole !== 'object' || whole === null) {
    return Object.entries(exported).filter((entry): entry is [string, Handler] => {
      return entry[0] !== 'default' && typeof entry[1] === 'function';
    });
  }
  return Object.entries(whole).map(([jobtype, handler]) => {
    if (typeof handler !== 'function')
      throw new FaktoryError('CONFIG', `${file}: ${jobtype} is not a function`);
    return [jobtype, handler];
  });
}
