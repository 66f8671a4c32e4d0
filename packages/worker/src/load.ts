/*
 * Turns files and folders into handlers by jobtype.
 * It must never guess: a file that is missing, throws, or holds no handler is an error that names it. A stranger would get wrong
 * that what a handler's settings say is not looked at here: the worker checks that, whoever made them.
 */

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { codeFiles } from './code-files.ts';
import { isSettings } from './handlers.ts';
import { type Exported, importFile } from './import-file.ts';

/** A function, a class, or an object with `run` and settings: whatever a worker takes. */
export type Loaded = Record<string, unknown>;

/**
 * Loads the handlers of some files and folders: of each file the entries of its default export when that is an object, else its
 * named exports that can be handlers. A file that a folder brings in may have none.
 *
 * @param paths relative to `cwd`; of a folder all code files in it and below, without tests
 * @throws FaktoryError `CONFIG`, the file named: not there, cannot be loaded, no handlers, or a jobtype that another file has too.
 */
export async function loadHandlers(paths: readonly string[], cwd: string): Promise<Loaded> {
  const owners = new Map<string, { file: string; handler: unknown }>();
  for (const given of paths) {
    const files = await filesOf(given, cwd);
    let found = 0;
    for (const file of files) {
      for (const [jobtype, handler] of entries(file, await importFile(file, path.resolve(cwd, file)))) {
        found++;
        own(owners, jobtype, { file, handler });
      }
    }
    if (found === 0) throw new FaktoryError('CONFIG', `${given}: it exports no handlers`);
  }
  return Object.fromEntries(
    [...owners].map(([jobtype, { file, handler }]) => [jobtype, placed(handler, path.resolve(cwd, file))]),
  );
}

function own(
  owners: Map<string, { file: string; handler: unknown }>,
  jobtype: string,
  one: { file: string; handler: unknown },
): void {
  const owner = owners.get(jobtype);
  if (owner === undefined) owners.set(jobtype, one);
  // The very same one is an index file that exports again what its neighbours do.
  else if (owner.handler !== one.handler) {
    throw new FaktoryError('CONFIG', `${one.file}: a handler for ${jobtype} is in ${owner.file} too`);
  }
}

/** A handler that is to run in a thread or process is loaded there again: it needs to know its file. */
function placed(handler: unknown, location: string): unknown {
  if (!isSettings(handler) || handler.isolation === undefined || handler.isolation === 'inline')
    return handler;
  return { file: location, ...handler };
}

async function filesOf(given: string, cwd: string): Promise<string[]> {
  const location = path.resolve(cwd, given);
  const found = await stat(location).catch(() => undefined);
  if (found?.isFile()) return [given];
  if (!found?.isDirectory()) throw new FaktoryError('CONFIG', `${given}: there is no such file or folder`);
  return codeFiles(location).map((file) => path.join(given, path.relative(location, file)));
}

function entries(file: string, exported: Exported): [string, unknown][] {
  const whole = exported.default;
  if (typeof whole !== 'object' || whole === null) {
    return Object.entries(exported).filter(([name, value]) => name !== 'default' && isHandler(value));
  }
  const inside = Object.entries(whole);
  for (const [jobtype, handler] of inside) {
    if (typeof handler === 'function' || (typeof handler === 'object' && handler !== null)) continue;
    throw new FaktoryError('CONFIG', `${file}: ${jobtype} is not a function, a class, or an object with run`);
  }
  return inside;
}

function isHandler(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && 'run' in value && typeof value.run === 'function';
}
