/**
 * Finds the code files and folders of a project. Skips node_modules and folders whose name begins
 * with a dot.
 *
 * Note: symbolic links are not followed, because a link to a parent folder would never end.
 */

import { readdirSync } from 'node:fs';
import path from 'node:path';

const code = /\.[mc]?[jt]s$/;
const declarations = /\.d\.[mc]?ts$/;
const tests = /\.(test|spec)\.[mc]?[jt]s$/;

/**
 * The code files in a folder and all below it, sorted by path, without tests and type declarations.
 */
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

/**
 * The folder and all below it, without node_modules and dot folders. Unreadable folders are empty.
 */
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
    return []; // deleted in the meantime, or no permission to read it
  }
}
