/**
 * Loads handlers by jobtype from files and folders. A file that is missing, throws or has no
 * handler is an error that names it.
 *
 * Note: the settings of a handler are not checked here, because the worker checks them for all
 * handlers.
 */

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { codeFiles } from './code-files.ts';
import { isSettings } from './handlers.ts';
import { importFile } from './import-file.ts';
import { jobExports } from './job-exports.ts';

/**
 * Handlers in any form that a worker accepts: a function, a class, or an object with `run` and
 * settings.
 */
export type Loaded = Record<string, unknown>;

/**
 * Loads the handlers of files and folders; job-exports.ts decides which exports are handlers. A
 * file in a folder may have none.
 *
 * @param paths relative to `cwd`; of a folder all code files in it and below, without tests
 * @param onPassedOver called with a text about exports of a folder that look like handlers but are
 * not capitalized
 * @throws FaktoryError `CONFIG` with the file, when it does not exist, cannot be loaded, has no
 * handlers, or has a jobtype that another file has too.
 */
export async function loadHandlers(
  paths: readonly string[],
  cwd: string,
  onPassedOver: (text: string) => void = () => undefined,
): Promise<Loaded> {
  const owners = new Map<string, { file: string; handler: unknown }>();
  for (const given of paths) {
    const { files, isFolder } = await filesOf(given, cwd);
    const passed: string[] = [];
    let found = 0;
    for (const file of files) {
      const location = path.resolve(cwd, file);
      const exported = await importFile(file, location);
      const { jobs, passedOver } = jobExports({ file, location, inFolder: isFolder }, exported);
      for (const [jobtype, handler] of jobs) own(owners, jobtype, { file, handler });
      found += jobs.length;
      if (passedOver.length > 0) passed.push(`${passedOver.join(', ')} of ${file}`);
    }
    const rule = passed.length === 0 ? '' : `ignored exports: ${passed.join('; ')}. ${capitals}`;
    if (found === 0)
      throw new FaktoryError('CONFIG', `${given}: it exports no handlers${rule && `; ${rule}`}`);
    if (rule !== '') onPassedOver(rule);
  }
  return Object.fromEntries(
    [...owners].map(([jobtype, { file, handler }]) => [jobtype, placed(handler, path.resolve(cwd, file))]),
  );
}

const capitals =
  'In a folder a named export is a job only when its name begins with a capital letter; for other names use a default export: export default { name }';

function own(
  owners: Map<string, { file: string; handler: unknown }>,
  jobtype: string,
  one: { file: string; handler: unknown },
): void {
  const owner = owners.get(jobtype);
  if (owner === undefined) owners.set(jobtype, one);
  // The same function twice: an index file exports again what its neighbours export.
  else if (owner.handler !== one.handler) {
    throw new FaktoryError('CONFIG', `${one.file}: a handler for ${jobtype} is in ${owner.file} too`);
  }
}

/**
 * Adds the file to settings of an isolated handler, because its thread or process loads the file
 * again.
 */
function placed(handler: unknown, location: string): unknown {
  if (!isSettings(handler) || handler.isolation === undefined || handler.isolation === 'inline')
    return handler;
  return { file: location, ...handler };
}

async function filesOf(given: string, cwd: string): Promise<{ files: string[]; isFolder: boolean }> {
  const location = path.resolve(cwd, given);
  const found = await stat(location).catch(() => undefined);
  if (found?.isFile()) return { files: [given], isFolder: false };
  if (!found?.isDirectory()) throw new FaktoryError('CONFIG', `${given}: there is no such file or folder`);
  const files = codeFiles(location).map((file) => path.join(given, path.relative(location, file)));
  return { files, isFolder: true };
}
