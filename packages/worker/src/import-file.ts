/**
 * Imports one file of the user: JavaScript by Node's import(), TypeScript by jiti. An error names
 * the file and the line.
 *
 * Note: Node reports the place of a syntax error only when it ends the process, so jiti's parser
 * looks for it, in the file and in its imports.
 */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Jiti } from 'jiti';
import { causesOf } from './causes.ts';

/** The exports of a file, by name. */
export type Exported = Record<string, unknown>;

/**
 * Imports a file.
 *
 * @param file its name in errors
 * @param by `jiti`: use jiti also for JavaScript, so that ES modules in a `.js` file work in a
 * package without `"type": "module"`
 * @throws FaktoryError `CONFIG` with file and line when it cannot be loaded.
 */
export async function importFile(
  file: string,
  location: string,
  by: 'kind' | 'jiti' = 'kind',
): Promise<Exported> {
  try {
    if (by === 'kind' && /\.[mc]?js$/.test(location)) {
      return unwrapped(await import(pathToFileURL(location).href));
    }
    return unwrapped(await (await jiti()).import<Exported>(location));
  } catch (cause) {
    throw await placed(cause, file, location, 'it cannot be loaded');
  }
}

/**
 * For TypeScript that was built to CommonJS, Node's import() returns all exports as the default
 * one.
 */
function unwrapped(exported: Exported): Exported {
  const whole = exported.default as { __esModule?: unknown } | null | undefined;
  return typeof whole === 'object' && whole?.__esModule === true ? (whole as Exported) : exported;
}

/** Makes a `CONFIG` error that names the file, the failure, its reason and the line. */
export async function placed(
  cause: unknown,
  file: string,
  location: string,
  what: string,
): Promise<FaktoryError> {
  const { reason, place } = await whatAndWhere(cause, location);
  const where = place === undefined ? '' : ` (${nearby(place.file, file, location)}:${place.line})`;
  return new FaktoryError('CONFIG', `${file}: ${what}: ${reason}${where}`, { cause });
}

let shared: Jiti | undefined;

/** One instance for all files, so that a module that several files import is loaded once. */
async function jiti(): Promise<Jiti> {
  const { createJiti } = await import('jiti');
  shared ??= createJiti(here, { interopDefault: false });
  return shared;
}

interface Place {
  file: string;
  line: number;
}

async function whatAndWhere(cause: unknown, location: string): Promise<{ reason: string; place?: Place }> {
  if (!(cause instanceof Error)) return { reason: String(cause) };
  const parsed = /^(?:ParseError: )?(.*?)\s*\n\s*(.+):(\d+):\d+\s*$/.exec(cause.message);
  if (parsed?.[2] !== undefined) {
    return { reason: parsed[1] ?? '', place: { file: parsed[2], line: Number(parsed[3]) } };
  }
  const first = cause.message.split('\n', 1)[0] ?? '';
  const reason = [first, ...causesOf(cause).map(({ text }) => text.split('\n', 1)[0])].join('; ');
  const place = fromStack(cause.stack ?? '') ?? (await fromParser(cause, location));
  return place === undefined ? { reason } : { reason, place };
}

/** The innermost stack frame in a file of the user. */
function fromStack(stack: string): Place | undefined {
  const places = stack.split('\n').flatMap((line, index) => {
    const frame = /^\s+at (?:.*\()?(?:async )?(.+?):(\d+):\d+\)?$/.exec(line);
    // Node puts the place of a wrong import into the first line of the stack.
    const head = index === 0 ? /^(file:.+?|[/A-Z].*?):(\d+)$/.exec(line) : null;
    const [, file, number] = frame ?? head ?? [];
    return file === undefined ? [] : [{ file: asPath(file), line: Number(number) }];
  });
  return places.find(({ file }) => isOfUser(file));
}

function asPath(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}

// A CommonJS bundle has no import.meta.url.
const here: string = import.meta.url ?? pathToFileURL(process.argv[1] ?? process.cwd()).href;
const ownFolder = path.dirname(fileURLToPath(here));

function isOfUser(file: string): boolean {
  if (!path.isAbsolute(file) || file.startsWith(ownFolder + path.sep)) return false;
  return !file.split(path.sep).includes('node_modules');
}

async function fromParser(cause: Error, location: string): Promise<Place | undefined> {
  return cause.name === 'SyntaxError' ? unparsable(await jiti(), location, new Set()) : undefined;
}

/**
 * Finds the first syntax error in a file or in the user's JavaScript that it imports. Runs nothing.
 */
function unparsable(parser: Jiti, file: string, seen: Set<string>): Place | undefined {
  if (seen.has(file) || !/\.[mc]?[jt]s$/.test(file) || !existsSync(file)) return undefined;
  seen.add(file);
  const parsed = parser.transform({ source: readFileSync(file, 'utf8'), filename: file });
  const line = /^exports\.__JITI_ERROR__ = .*"line":(\d+)/.exec(parsed)?.[1];
  if (line !== undefined) return { file, line: Number(line) };
  for (const [, imported = ''] of parsed.matchAll(/\brequire\("(\.[^"]+)"\)/g)) {
    const found = unparsable(parser, path.resolve(path.dirname(file), imported), seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The path of a place as the user would write it, relative to the name `file` of `location`. */
function nearby(place: string, file: string, location: string): string {
  if (place === location) return file;
  return path.join(path.dirname(file), path.relative(path.dirname(location), place));
}
