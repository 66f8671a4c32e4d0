/*
 * Finds the files of this package that threads and child processes are started with.
 * Note: a bundler puts the package into one file, and these two stay behind: BUNDLING.md says how to build them too. A bundle in CommonJS
 * does not even know where it is itself (`import.meta.url`), so nothing here may need that.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FaktoryError } from '@faktory-ts/protocol';

/** What runs inside a thread or process of isolated handlers; the heart's own thread. */
type ThreadFile = 'inside' | 'heart-thread';

const here: string | undefined = import.meta.url;

/** Node 20 runs no TypeScript: in the source tree the built files are started. */
export const inSource = here?.endsWith('.ts') ?? false;

const endings = ['.js', '.mjs', '.cjs'];

/**
 * The file of that name: in the given folder, else beside this code, else in the installed package. Undefined = it is nowhere.
 *
 * @throws FaktoryError `CONFIG` when a folder is given and it is not there.
 */
export function threadFile(name: ThreadFile, folder?: string | URL): URL | undefined {
  if (folder !== undefined) {
    const found = inFolder(name, folderUrl(folder));
    if (found) return found;
    throw new FaktoryError('CONFIG', `threadFiles: there is no ${name}.js in ${folder}; ${advice}`);
  }
  return (
    inFolder(name, inSource ? new URL('../dist/', here) : new URL('./', here ?? program())) ?? installed(name)
  );
}

/** What to do when a file is missing. */
export const advice =
  'build @faktory-ts/worker/inside and @faktory-ts/worker/heart-thread into the folder of the bundle (BUNDLING.md of @faktory-ts/worker)';

function folderUrl(folder: string | URL): URL {
  const text = String(folder);
  const url = text.startsWith('file:') ? text : pathToFileURL(path.resolve(text)).href;
  return new URL(url.endsWith('/') ? url : `${url}/`);
}

function inFolder(name: ThreadFile, folder: URL): URL | undefined {
  return endings.map((ending) => new URL(name + ending, folder)).find((url) => existsSync(url));
}

function installed(name: ThreadFile): URL | undefined {
  try {
    return pathToFileURL(createRequire(here ?? program()).resolve(`@faktory-ts/worker/${name}`));
  } catch {
    return undefined; // the package was bundled, and is not installed where the bundle runs
  }
}

/** The file that Node was started with. */
function program(): URL {
  return pathToFileURL(process.argv[1] ?? path.join(process.cwd(), 'x'));
}
