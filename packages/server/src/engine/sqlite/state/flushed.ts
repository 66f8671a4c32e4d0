/**
 * Tables that a flush has renamed: nothing reads them any more, and their rows are deleted in bites.
 * A crash leaves some; the next start drops them.
 */
import type { Database } from './binding.ts';
import { FORMER_BYTES, JOB_BYTES } from './schema.ts';

/** A table that may be large: SQL of the bytes of a row, and of the column that orders its rows. */
interface LargeTable {
  readonly bytes: string;
  readonly key: string;
}

/** Deleting all rows of these tables at once took 250 ms for a million small jobs. */
export const largeTables: Readonly<Record<string, LargeTable>> = {
  job: { bytes: JOB_BYTES, key: 'id' },
  former: { bytes: FORMER_BYTES, key: 'id' },
  kept: {
    bytes: 'octet_length(value) + coalesce(octet_length(at_zero), 0) + coalesce(octet_length(lapse), 0)',
    key: 'key',
  },
  slot: { bytes: 'octet_length(key)', key: 'reservation' },
  history: { bytes: 'octet_length(text)', key: 'rowid' },
};

const PREFIX = 'flushed_';
/** Selects the names of all flushed tables. */
export const FLUSHED = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB '${PREFIX}*'`;

/** The name of a flushed table. `taken` are the flushed tables that exist. */
export function flushedName(table: string, taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const name = `${PREFIX}${table}_${number}`;
    if (!taken.includes(name)) return name;
  }
}

/** Returns a large table by its name, before or after the flush. */
export function largeTable(name: string): LargeTable {
  const table = largeTables[name.replace(/^flushed_(.*)_\d+$/, '$1')];
  if (!table) throw new Error(`${name} is not a large table`);
  return table;
}

/** Drops the flushed tables that a crash has left. */
export function dropFlushed(db: Database): void {
  for (const { name } of db.prepare(FLUSHED).all() as { name: string }[]) db.exec(`DROP TABLE ${name}`);
}
