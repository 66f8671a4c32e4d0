/**
 * Finds the files of this package that start threads and child processes.
 *
 * Note: a bundler puts the package into one file and leaves these two behind; BUNDLING.md says how
 * to build them. Nothing here may need `import.meta.url`, because a CommonJS bundle has none.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FaktoryError } from '@faktory-ts/protocol';

/** The entry of isolated handlers' threads and processes, and the entry of the heart's thread. */
type ThreadFile = 'inside' | 'heart-thread';

const here: string | undefined = import.meta.url;

/**
 * Whether this runs from source. Node 20 runs no TypeScript, so the built files are started then.
 */
export const inSource = here?.endsWith('.ts') ?? false;

const endings = ['.js', '.mjs', '.cjs'];

/**
 * Finds a file: in the given folder, else beside this code, else in the installed package. Returns
 * undefined when it is not found.
 *
 * @throws FaktoryError `CONFIG` when it is not in the given folder.
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
    return undefined; // the package was bundled and is not installed here
  }
}

/** The script that Node was started with. */
function program(): URL {
  return pathToFileURL(process.argv[1] ?? path.join(process.cwd(), 'x'));
}
