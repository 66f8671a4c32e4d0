/**
 * FLUSH. Its first commit renames the large tables and makes empty ones, so that every caller finds
 * nothing from then on. The renamed tables are deleted in bites afterwards; other operations run in
 * between.
 */
import { FLUSHED, flushedName, largeTable, largeTables } from '../state/flushed.ts';
import type { Store } from '../state/store.ts';
import { fitting } from './fitting.ts';

const SMALL_TABLES = ['queue', 'worker', 'tally', 'rate', 'undo', 'fault', 'fault_hour'];
const SMALL = 1000; // rows that are deleted at once
const BITE = 5000; // rows

const INDEXES = `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL`;
const TABLE = `SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?`;

/**
 * Deletes every job, queue, worker and counter, slots and rates, the undo records and the history, in one commit, in
 * parts. Runs inside a turn.
 */
export function* flush(store: Store): Generator<void, void> {
  store.turn.begin();
  store.special = false;
  store.counts.clear();
  store.workingSet.clear();
  store.gates.clear();
  store.history.clear();
  for (const table of SMALL_TABLES) store.sql(`DELETE FROM ${table}`).run();
  for (const table of Object.keys(largeTables)) yield* empty(store, table);
}

/** Empties a table: a large one is renamed and made again. */
function* empty(store: Store, table: string): Generator<void, void> {
  const { bytes, key } = largeTable(table);
  const first = fitting(store, `SELECT ${bytes} AS bytes FROM ${table} ORDER BY ${key} LIMIT ?`, [SMALL + 1]);
  if (first.rows <= SMALL && !first.isCut) {
    store.sql(`DELETE FROM ${table}`).run();
    return;
  }
  const indexes = store.sql(INDEXES).all(table) as { name: string; sql: string }[];
  for (const { name } of indexes) {
    store.exec(`DROP INDEX ${name}`); // 10 ms for an index of a million jobs
    yield;
  }
  const { sql } = store.sql(TABLE).get(table) as { sql: string };
  const taken = (store.sql(FLUSHED).all() as { name: string }[]).map(({ name }) => name);
  store.exec(`ALTER TABLE ${table} RENAME TO ${flushedName(table, taken)}`);
  store.exec(sql);
  for (const index of indexes) store.exec(index.sql);
}

/** Deletes the rows of all flushed tables in bites of one commit each. Call it outside a turn. */
export async function deleteFlushed(store: Store): Promise<void> {
  while (await store.turn.runLong(() => !store.closing && deleteBite(store)));
}

/** Returns whether there may be more. */
function deleteBite(store: Store): boolean {
  const found = store.sql(`${FLUSHED} LIMIT 1`).get() as { name: string } | undefined;
  if (!found) return false;
  const { name } = found;
  const { bytes, key } = largeTable(name);
  store.turn.begin();
  const rows = `FROM ${name} ORDER BY ${key} LIMIT ?`;
  const bite = fitting(store, `SELECT ${bytes} AS bytes ${rows}`, [BITE]);
  if (bite.rows < BITE && !bite.isCut) store.exec(`DROP TABLE ${name}`);
  else store.write(`DELETE FROM ${name} WHERE ${key} IN (SELECT ${key} ${rows})`, bite.rows);
  return true;
}
