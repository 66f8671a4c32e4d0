/**
 * Reads the TOML files of the configuration folder, conf.d/*.toml, as one document: the texts are
 * joined in alphabetical order.
 *
 * Note: this is no merge, because existing configurations rely on the joined text: a table may
 * appear in one file only, and a key without a table belongs to the last table of the previous
 * file.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { parse, TomlError, type TomlTable } from 'smol-toml';

export type { TomlTable };

/** The parsed document, and the places of its keys. */
export interface ConfD {
  readonly tables: TomlTable;
  /** Returns `FILE, line N: [table] key` for errors; a key outside all tables has the table ''. */
  source(table: string, key?: string): string;
}

interface Piece {
  readonly path: string;
  readonly text: string;
}

/**
 * Reads and parses the folder; a missing folder is an empty document. Throws CONFIG with the file
 * and the line.
 */
export function readConfD(configDir: string, warn: (message: string) => void): ConfD {
  const folder = join(configDir, 'conf.d');
  const pieces = tomlFiles(folder, warn).map(read);
  try {
    const tables = parse(pieces.map(({ text }) => text).join('\n'));
    return { tables, source: (table, key) => sourceOf(folder, pieces, table, key) };
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw new FaktoryError('CONFIG', explain(cause, pieces), { cause });
  }
}

function tomlFiles(folder: string, warn: (message: string) => void): string[] {
  const found = readable(folder, () => statSync(folder, { throwIfNoEntry: false }));
  if (!found) return [];
  if (!found.isDirectory()) {
    warn(`${folder} is not a folder and is ignored; make it one and put the TOML files into it`);
    return [];
  }
  const names = readable(folder, () => readdirSync(folder));
  // Files with a leading dot are left behind by editors.
  const ours = names.filter((name) => name.endsWith('.toml') && !name.startsWith('.'));
  return ours.sort().map((name) => join(folder, name));
}

function read(path: string): Piece {
  return { path, text: readable(path, () => readFileSync(path, 'utf8')).replace(/^\uFEFF/, '') };
}

function readable<T>(path: string, reading: () => T): T {
  try {
    return reading();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    const advice = 'make it readable for this user, or remove it';
    throw new FaktoryError('CONFIG', `cannot read ${path} (${code}); ${advice}`, { cause });
  }
}

/**
 * Uses only the first line of the parser's message, because the rest quotes the file, perhaps with
 * a password.
 */
function explain(error: TomlError, pieces: readonly Piece[]): string {
  const reason = error.message.split('\n')[0]?.replace('Invalid TOML document: ', '') ?? 'invalid TOML';
  const hint = reason.includes('redefine')
    ? ' (all files are one document, so each table and key may appear once)'
    : '';
  return `${locate(error.line, pieces)}: ${reason}${hint}; correct it`;
}

/**
 * The place of a key, searched in the text because the parser stores no places. When the key is not
 * found, the line of its table is used, else the file, or the folder when it has several.
 */
function sourceOf(folder: string, pieces: readonly Piece[], table: string, key?: string): string {
  const name = [table && `[${table}]`, key].filter(Boolean).join(' ');
  const dotted = [table, key].filter(Boolean).join('.');
  let open = '';
  let ofTable: string | undefined;
  for (const { path, text } of pieces) {
    for (const [index, line] of text.split('\n').entries()) {
      const header = /^\s*\[+\s*([\w.-]+)\s*\]/.exec(line)?.[1];
      open = header ?? open;
      const found = /^\s*([\w."-]+)\s*=/.exec(line)?.[1]?.replaceAll('"', '');
      const here = `${path}, line ${index + 1}: ${name}`;
      if (header === table || (open === '' && found === table)) ofTable ??= here;
      if (key !== undefined && found === (open === '' ? dotted : key) && [table, ''].includes(open))
        return here;
    }
  }
  if (ofTable !== undefined) return ofTable;
  return pieces.length === 0 ? name : `${pieces.length === 1 ? pieces[0]?.path : folder}: ${name}`;
}

/** Maps a line of the joined text to its file. */
function locate(line: number, pieces: readonly Piece[]): string {
  let before = 0;
  for (const { path, text } of pieces) {
    const lines = text.split('\n').length;
    if (line <= before + lines) return `${path}, line ${line - before}`;
    before += lines;
  }
  return `line ${line}`;
}
