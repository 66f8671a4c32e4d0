/*
 * Imports one file of the user's: JavaScript by Node's own import(), TypeScript through jiti, and says where it went wrong.
 * It must never lose the place: an error names file and line. A stranger would get wrong that Node does not say where a syntax
 * error is unless it ends the process: jiti's parser is asked for that, in the file and in all that it imports.
 */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Jiti } from 'jiti';
import { causesOf } from './causes.ts';

/** What a file exports, by name. */
export type Exported = Record<string, unknown>;

/**
 * Imports a file.
 *
 * @param file what to call it in errors
 * @param by `jiti` also for JavaScript: ES modules in a `.js` file then work in a package without `"type": "module"` too
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

/** Of TypeScript that was built to CommonJS Node's import() gives all exports as the default one. */
function unwrapped(exported: Exported): Exported {
  const whole = exported.default as { __esModule?: unknown } | null | undefined;
  return typeof whole === 'object' && whole?.__esModule === true ? (whole as Exported) : exported;
}

/** `CONFIG` that says what went wrong in a file, at which line, and what came of it. */
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

/** One for all files, so that what several of them import is loaded once. */
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

/** The innermost frame in a file of the user's. */
function fromStack(stack: string): Place | undefined {
  const places = stack.split('\n').flatMap((line, index) => {
    const frame = /^\s+at (?:.*\()?(?:async )?(.+?):(\d+):\d+\)?$/.exec(line);
    // Node writes the place of a wrong import as the first line of the stack.
    const head = index === 0 ? /^(file:.+?|[/A-Z].*?):(\d+)$/.exec(line) : null;
    const [, file, number] = frame ?? head ?? [];
    return file === undefined ? [] : [{ file: asPath(file), line: Number(number) }];
  });
  return places.find(({ file }) => isOfUser(file));
}

function asPath(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}

// A bundle in CommonJS does not know where it is.
const here: string = import.meta.url ?? pathToFileURL(process.argv[1] ?? process.cwd()).href;
const ownFolder = path.dirname(fileURLToPath(here));

function isOfUser(file: string): boolean {
  if (!path.isAbsolute(file) || file.startsWith(ownFolder + path.sep)) return false;
  return !file.split(path.sep).includes('node_modules');
}

async function fromParser(cause: Error, location: string): Promise<Place | undefined> {
  return cause.name === 'SyntaxError' ? unparsable(await jiti(), location, new Set()) : undefined;
}

/** The first place that cannot be parsed, in a file or the JavaScript of the user's that it imports. Nothing of it is run. */
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

/** The name of a place as the user would write it: beside `file`, which is at `location`. */
function nearby(place: string, file: string, location: string): string {
  if (place === location) return file;
  return path.join(path.dirname(file), path.relative(path.dirname(location), place));
}
