/*
 * Which files and folders of a project are its code.
 * It must never look into node_modules or folders whose name begins with a dot. A stranger would get wrong that links are not
 * followed: a link to a folder above would never end.
 */

import { readdirSync } from 'node:fs';
import path from 'node:path';

const code = /\.[mc]?[jt]s$/;
const declarations = /\.d\.[mc]?ts$/;
const tests = /\.(test|spec)\.[mc]?[jt]s$/;

/** The code files in a folder and all below it, sorted by path; tests and type declarations left out. */
export function codeFiles(folder: string): string[] {
  const files = foldersIn(folder).flatMap((one) =>
    entriesOf(one)
      .filter((entry) => !entry.isDirectory() && isCode(entry.name))
      .map(({ name }) => path.join(one, name)),
  );
  return files.sort();
}

function isCode(name: string): boolean {
  return code.test(name) && !declarations.test(name) && !tests.test(name);
}

/** The folder and all below it, without node_modules and dot folders. Those that cannot be read count as empty. */
export function foldersIn(folder: string): string[] {
  const below = entriesOf(folder).filter((entry) => entry.isDirectory() && !isPassedOver(entry.name));
  return [folder, ...below.flatMap(({ name }) => foldersIn(path.join(folder, name)))];
}

/** Whether a folder of this name holds no code of the project. */
export function isPassedOver(name: string): boolean {
  return name === 'node_modules' || name.startsWith('.');
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // gone in the meantime, or not ours to read
  }
}
