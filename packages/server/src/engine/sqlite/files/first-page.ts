/**
 * Makes a readable copy of a store whose first page is damaged.
 *
 * The first page has the header and the root of the table that says where all tables begin. The
 * rows of that table are on other pages, because they do not fit on the first one, so a scan of the
 * file finds them. The copy gets a first page that is made from a new store and from these places,
 * and at its end the pages that this one refers to.
 *
 * Note: the page says that the file has no `auto_vacuum`, because reading does not need it and the
 * damaged page does not say whether it had.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';
import { createOwned } from '../../../owned-file.ts';
import { type Database, openDatabase } from '../state/binding.ts';
import { applicationId, newestFormat } from '../state/schema.ts';
import { schemaRows } from './schema-rows.ts';

const PAGE_SIZES = [2048, 4096]; // bytes; what this server writes, and SQLite's default
const SCAN = 1 << 20; // bytes of one read
const HEADER = 100; // bytes before the b-tree of the first page
const TABLE_LEAF = 0x0d;
/** The first byte of a page that may be the root of a table, or of an index. */
const TABLE_ROOTS: readonly number[] = [0x05, TABLE_LEAF];
const INDEX_ROOTS: readonly number[] = [0x02, 0x0a]; // also of a table WITHOUT ROWID

/** A table or index of the model, and where it begins. */
interface Part {
  readonly type: 'table' | 'index';
  readonly name: string;
  readonly sql: string;
  root: number;
}

/** Lets other events happen; throws when the work was given up. */
export type Breathe = () => Promise<void>;

/**
 * Copies the store and its log to `copy`, with a first page that can be read. `model` is an empty
 * store of the newest format. Throws STORAGE when the places of the jobs are not known.
 */
export async function copyWithFirstPage(file: string, copy: string, model: Database, breathe: Breathe) {
  const source = openSync(file, 'r');
  try {
    const { size } = statSync(file);
    for (const pageSize of PAGE_SIZES) {
      const parts = partsOf(model);
      const found = await scan(source, size, pageSize, parts, breathe);
      const usable = parts.filter((part) => locate(source, pageSize, part, found.get(part.name)));
      if (!usable.some(({ name }) => name === 'job')) continue;
      for (const [end, name] of [[file, copy] as const, [`${file}-wal`, `${copy}-wal`] as const]) {
        if (statSync(end, { throwIfNoEntry: false })?.size) duplicate(end, name);
        await breathe();
      }
      if (statSync(`${copy}-wal`, { throwIfNoEntry: false })) emptyLog(copy, pageSize);
      patch(copy, schemaPages(`${copy}-page`, pageSize, usable), 'no log');
      return;
    }
  } finally {
    closeSync(source);
  }
  const text = `nothing of ${file} can be read: its first page is damaged, and no other page says where its tables begin; restore a backup with faktory restore, or move the file away to start without jobs`;
  throw new FaktoryError('STORAGE', text);
}

function duplicate(from: string, to: string): void {
  closeSync(createOwned(to));
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
}

/** The tables and the indexes that tell which jobs are lost, in the shortest SQL that reads them. */
function partsOf(model: Database): Part[] {
  const rows = model
    .prepare("SELECT type, name, tbl_name AS of, rootpage AS root, sql FROM sqlite_schema WHERE sql <> ''")
    .all() as { type: 'table' | 'index'; name: string; of: string; root: number; sql: string }[];
  const used = rows.filter(({ type, name }) => type === 'table' || /^job_(ready|timed|jid)$/.test(name));
  return used.map(({ type, name, root, sql }) => ({
    type,
    name,
    root,
    sql: type === 'index' ? sql : tableSql(model, name, /WITHOUT ROWID/i.test(sql)),
  }));
}

function tableSql(model: Database, table: string, withoutRowId: boolean): string {
  const columns = model.prepare(`PRAGMA table_info(${table})`).all() as {
    name: string;
    pk: number;
    dflt_value: string | null;
  }[];
  const keys = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const rowId = keys.length === 1 && !withoutRowId ? keys[0]?.name : undefined;
  const defined = columns.map(
    ({ name, dflt_value: value }) =>
      `${name}${name === rowId ? ' INTEGER PRIMARY KEY' : ''}${value === null ? '' : ` DEFAULT ${value}`}`,
  );
  const key = withoutRowId ? `,PRIMARY KEY(${keys.map(({ name }) => name)})) WITHOUT ROWID` : ')';
  return `CREATE TABLE ${table}(${defined}${key}`;
}

/** Finds the rows that say where tables and indexes begin: name to first page. */
async function scan(
  source: number,
  size: number,
  pageSize: number,
  parts: readonly Part[],
  breathe: Breathe,
): Promise<Map<string, number>> {
  const types = new Map(parts.map(({ name, type }) => [name, type]));
  const found = new Map<string, number>();
  const chunk = Buffer.alloc(SCAN);
  for (let start = 0; start < size; start += SCAN) {
    const length = readSync(source, chunk, 0, SCAN, start);
    for (let at = 0; at + pageSize <= length; at += pageSize) {
      if (chunk[at] !== TABLE_LEAF) continue;
      for (const { type, name, root } of schemaRows(chunk.subarray(at, at + pageSize)))
        if (types.get(name) === type && !found.has(name)) found.set(name, root);
    }
    await breathe();
  }
  return found;
}

/**
 * Sets where a part begins: where the file says, else where it begins in a new store. False when no
 * b-tree of this kind is there.
 */
function locate(source: number, pageSize: number, part: Part, found: number | undefined): boolean {
  const kinds = part.type === 'index' || /WITHOUT ROWID/.test(part.sql) ? INDEX_ROOTS : TABLE_ROOTS;
  const first = Buffer.alloc(1);
  part.root = found ?? part.root;
  const read = readSync(source, first, 0, 1, (part.root - 1) * pageSize);
  return read === 1 && kinds.includes(first[0] ?? 0);
}

/** Makes the pages with SQLite itself, in a small file: the first one, and those that it refers to. */
function schemaPages(path: string, pageSize: number, parts: readonly Part[]): Buffer[] {
  rmSync(path, { force: true });
  closeSync(createOwned(path));
  const db = openDatabase(path);
  try {
    db.enableDefensive?.(false);
    db.exec(`PRAGMA page_size = ${pageSize}; PRAGMA user_version = ${newestFormat}; BEGIN`);
    const tablesFirst = [...parts].sort((a, b) => (a.type === b.type ? 0 : a.type === 'table' ? -1 : 1));
    for (const { sql } of tablesFirst) db.exec(sql);
    db.exec('PRAGMA writable_schema = ON');
    const place = db.prepare('UPDATE sqlite_schema SET rootpage = ? WHERE name = ?');
    for (const { name, root } of parts) place.get(root, name);
    db.exec(`PRAGMA application_id = ${applicationId}; COMMIT`);
  } finally {
    db.close();
  }
  const all = readFileSync(path);
  rmSync(path);
  const page = (number: number): Buffer => all.subarray((number - 1) * pageSize, number * pageSize);
  return [page(1), ...pointersOf(page(1)).map((at) => page(page(1).readUInt32BE(at)))];
}

/** Where the first page has the numbers of the pages that hold its rows; none: it holds them itself. */
function pointersOf(first: Buffer): number[] {
  if (first[HEADER] === TABLE_LEAF) return [];
  const count = first.readUInt16BE(HEADER + 3);
  const cells = Array.from({ length: count }, (_, n) => first.readUInt16BE(HEADER + 12 + 2 * n));
  return [...cells, HEADER + 8];
}

/** Moves the log into the file: its pages are newer, and it would hide the pages that are added. */
function emptyLog(copy: string, pageSize: number): void {
  patch(copy, schemaPages(`${copy}-page`, pageSize, []), 'log');
  const db = openDatabase(copy);
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

/** Puts the pages into the copy. The offsets are those of SQLite's file header. */
function patch(copy: string, [first = Buffer.alloc(0), ...more]: readonly Buffer[], log: 'log' | 'no log') {
  const pages = Math.floor(statSync(copy).size / first.length);
  for (const [index, at] of pointersOf(first).entries()) first.writeUInt32BE(pages + 1 + index, at);
  first.fill(log === 'log' ? 2 : 1, 18, 20); // 2: the file has a log
  first.writeUInt32BE(pages + more.length, 28);
  first.copy(first, 92, 24, 28); // the number of pages is valid
  const fd = openSync(copy, 'r+');
  writeSync(fd, first, 0, first.length, 0);
  for (const [index, page] of more.entries())
    writeSync(fd, page, 0, page.length, (pages + index) * page.length);
  closeSync(fd);
}
