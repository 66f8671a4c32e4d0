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
import { importFile } from './import-file.ts';
import { jobExports } from './job-exports.ts';

/** A function, a class, or an object with `run` and settings: whatever a worker takes. */
export type Loaded = Record<string, unknown>;

/**
 * Loads the handlers of some files and folders; job-exports.ts says which exports are handlers. A file that a folder brings in may have
 * none.
 *
 * @param paths relative to `cwd`; of a folder all code files in it and below, without tests
 * @param onPassedOver told of the exports of a folder that could be handlers but are not, by their names
 * @throws FaktoryError `CONFIG`, the file named: not there, cannot be loaded, no handlers, or a jobtype that another file has too.
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
    const rule = passed.length === 0 ? '' : `not taken as jobs: ${passed.join('; ')}. ${capitals}`;
    if (found === 0)
      throw new FaktoryError('CONFIG', `${given}: it exports no handlers${rule && `; ${rule}`}`);
    if (rule !== '') onPassedOver(rule);
  }
  return Object.fromEntries(
    [...owners].map(([jobtype, { file, handler }]) => [jobtype, placed(handler, path.resolve(cwd, file))]),
  );
}

const capitals =
  'In a folder a named export is a job when its name begins with a capital letter; others belong into a default export: export default { name }';

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

async function filesOf(given: string, cwd: string): Promise<{ files: string[]; isFolder: boolean }> {
  const location = path.resolve(cwd, given);
  const found = await stat(location).catch(() => undefined);
  if (found?.isFile()) return { files: [given], isFolder: false };
  if (!found?.isDirectory()) throw new FaktoryError('CONFIG', `${given}: there is no such file or folder`);
  const files = codeFiles(location).map((file) => path.join(given, path.relative(location, file)));
  return { files, isFolder: true };
}
