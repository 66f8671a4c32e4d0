/**
 * Builds a new store from everything readable in a damaged one, and reports what is lost.
 *
 * Rows are read by row id. After an unreadable page it searches the next readable row id, in steps
 * that double and then halve. A first page that is damaged is replaced in a copy (first-page.ts). Indexes that still know unreadable rows show which jobs are lost. Run
 * it only while the caller holds the folder's lock.
 */
import { dirname, join } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { type Database, rowsOf, type Value } from '../state/binding.ts';
import { fromColumn } from '../state/column.ts';
import { KINDS, NO_JOB } from '../state/kept.ts';
import { formatOf, hasTable, LOST_SLOTS, newestFormat, place, refuseForeign } from '../state/schema.ts';
import { openExisting } from './existing.ts';
import { type Breathe, copyWithFirstPage } from './first-page.ts';
import { lostLog } from './log-mark.ts';

/** What could not be read. */
export interface Loss {
  /** Lost ready jobs, counted by queue. */
  readonly ready: Readonly<Record<string, number>>;
  /** Lost jobs in the other places. */
  readonly scheduled: number;
  readonly retries: number;
  readonly working: number;
  readonly dead: number;
  /** Known jids of lost jobs in scheduled, retries and dead; 1,000 at most. */
  readonly jids: readonly string[];
  /** Ranges of row ids that could not be read; a range may have held few jobs or none. */
  readonly stretches: readonly (readonly [from: number, to: number])[];
  /** The log was missing. It had the jobs that were accepted last, and these cannot be counted. */
  readonly missingLog: boolean;
  /** Other tables that could not be read completely. */
  readonly tables: readonly string[];
}

const CHUNK = 256; // rows in one read
const MOST_JIDS = 1000;
const DROP_LOST_CLAIMS = `DELETE FROM kept WHERE kind = ${KINDS.claim} AND holder <> ${NO_JOB}
  AND holder NOT IN (SELECT id FROM job)`;

/** What ends a salvage early. */
export interface SalvageOptions {
  /** Ends it with ABORTED: the store is unchanged, and no file of the new one is left. */
  readonly signal?: AbortSignal;
}

/**
 * Copies everything readable into `to`, a new empty store. A first page that cannot be read is
 * replaced in a copy of the file. Throws STORAGE when nothing can be read, and what `breathe` throws.
 */
export async function salvage(
  file: string,
  to: Database,
  breathe: Breathe,
): Promise<{ jobs: number; loss: Loss }> {
  let from: Database | undefined;
  try {
    from = tablesOf(file);
    const replaced = from === undefined;
    if (from === undefined) {
      const copy = join(dirname(file), '.salvaged.db-source');
      await copyWithFirstPage(file, copy, to, breathe);
      from = readingOnly(copy);
    }
    const found = await new Salvage(from, to, breathe).run(needsLog(from));
    if (replaced) found.loss.tables.unshift('the first page');
    return found;
  } catch (cause) {
    if (cause instanceof FaktoryError) throw cause;
    const text = `nothing of ${file} can be read: ${(cause as Error).message}; restore a backup`;
    throw new FaktoryError('STORAGE', text, { cause });
  } finally {
    from?.close();
  }
}

/** Opens the store; undefined when its first page does not say where the jobs are. Throws STORAGE. */
function tablesOf(file: string): Database | undefined {
  const db = readingOnly(file);
  try {
    refuseForeign(db, file);
    if (formatOf(db) !== newestFormat)
      throw new FaktoryError(
        'STORAGE',
        `${file} has an older format; run salvage of the version that wrote it`,
      );
    if (hasTable(db, 'job')) return db;
  } catch (error) {
    if (error instanceof FaktoryError) {
      db.close();
      throw error;
    }
  }
  db.close();
  return undefined;
}

function readingOnly(file: string): Database {
  const db = openExisting(file);
  try {
    // With writable_schema SQLite reads a file that is shorter than its header says.
    db.enableDefensive?.(false);
    db.exec('PRAGMA writable_schema = ON; PRAGMA query_only = ON');
  } catch {
    // The first page is damaged: the next statement says so.
  }
  return db;
}

function needsLog(db: Database): boolean {
  try {
    return lostLog(db);
  } catch {
    return false; // the page of the mark is damaged, so it is unknown whether the log is missing
  }
}

class Salvage {
  readonly #from: Database;
  readonly #to: Database;
  readonly #ids = new Set<number>();
  readonly #stretches: [number, number][] = [];
  readonly #tables: string[] = [];

  readonly #breathe: Breathe;

  constructor(from: Database, to: Database, breathe: Breathe) {
    this.#from = from;
    this.#to = to;
    this.#breathe = breathe;
  }

  async run(missingLog: boolean) {
    const tables = this.#to
      .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name <> 'mark'")
      .all() as { name: string; sql: string }[];
    this.#to.exec('BEGIN');
    for (const { name, sql } of tables) {
      if (!hasTable(this.#from, name)) this.#damaged(name);
      else if (/WITHOUT ROWID/i.test(sql)) this.#copyWhole(name);
      else await this.#copyRows(name);
      await this.#breathe();
    }
    this.#nameQueues();
    await this.#breathe();
    this.#to.exec(DROP_LOST_CLAIMS);
    this.#to.exec(`DELETE ${LOST_SLOTS}`);
    this.#to.exec('COMMIT');
    return { jobs: this.#ids.size, loss: { ...this.#loss(), tables: this.#tables, missingLog } };
  }

  #columns(table: string): string[] {
    const rows = this.#to.prepare(`PRAGMA table_info(${table})`).all() as { name: string }[];
    return rows.map(({ name }) => name);
  }

  #inserter(table: string, columns: readonly string[]) {
    const marks = columns.map(() => '?').join(', ');
    const statement = this.#to.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`);
    return (row: Record<string, Value>): boolean => {
      try {
        statement.get(...columns.map((name) => row[name] ?? null));
        return true;
      } catch {
        return false; // the page is readable, but its values break a constraint of the table
      }
    };
  }

  /** Copies a table without row ids, up to the first unreadable page. */
  #copyWhole(table: string): void {
    const columns = this.#columns(table);
    const insert = this.#inserter(table, columns);
    try {
      for (const row of rowsOf(this.#from, `SELECT ${columns.join(', ')} FROM ${table}`))
        if (!insert(row as Record<string, Value>)) this.#damaged(table);
    } catch {
      this.#damaged(table);
    }
  }

  async #copyRows(table: string): Promise<void> {
    const columns = this.#columns(table);
    const insert = this.#inserter(table, columns);
    const select = this.#from.prepare(
      `SELECT rowid AS row_number, ${columns.join(', ')} FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ?`,
    );
    const read = (after: number, limit: number) =>
      select.all(after, limit) as (Record<string, Value> & { row_number: number })[];
    for (let after = Number.MIN_SAFE_INTEGER, limit = CHUNK; ; ) {
      await this.#breathe();
      try {
        const rows = read(after, limit);
        for (const row of rows) {
          const good = (table !== 'job' || isJob(row)) && insert(row);
          if (good && table === 'job') this.#ids.add(row.row_number);
          if (!good) this.#lose(table, row.row_number, row.row_number);
        }
        if (rows.length === 0) return;
        after = rows.at(-1)?.row_number ?? after;
        limit = CHUNK;
      } catch {
        if (limit > 1) {
          limit = Math.floor(limit / 2);
          continue;
        }
        const begin = Math.max(after, 0);
        const next = firstReadable((number) => read(number, 1), begin);
        this.#lose(table, begin + 1, next);
        // The last page is unreadable, so reading never reaches the end of the table.
        if (next === Number.MAX_SAFE_INTEGER) return;
        after = next;
      }
    }
  }

  #lose(table: string, from: number, to: number): void {
    if (table === 'job') this.#stretches.push([from, to]);
    else this.#damaged(table);
  }

  #damaged(table: string): void {
    if (!this.#tables.includes(table)) this.#tables.push(table);
  }

  /**
   * Restores the names of queues whose rows are lost, each from the document of one of its jobs.
   */
  #nameQueues(): void {
    const nameless = `SELECT queue AS id, document FROM job WHERE queue NOT IN (SELECT id FROM queue) GROUP BY queue`;
    for (const { id, document } of this.#to.prepare(nameless).all() as { id: number; document: string }[]) {
      const { queue: name = 'default' } = JSON.parse(document) as { queue?: string };
      const known = this.#to.prepare('SELECT id FROM queue WHERE name = ?').get(name) as
        | { id: number }
        | undefined;
      if (known) this.#to.prepare('UPDATE job SET queue = ? WHERE queue = ?').run(known.id, id);
      else this.#to.prepare('INSERT INTO queue (id, name, listed, paused) VALUES (?, ?, 1, 0)').run(id, name);
    }
  }

  #loss(): Omit<Loss, 'missingLog' | 'tables'> {
    const ready: Record<string, number> = {};
    const names = this.#to.prepare('SELECT id, name FROM queue').all() as { id: number; name: string }[];
    const nameOf = new Map(names.map(({ id, name }) => [id, name]));
    for (const { queue } of this.#lost<{ queue: number }>('queue', 'job_ready', `place = ${place.ready}`)) {
      const name = nameOf.get(queue) ?? `number ${queue}`;
      ready[name] = (ready[name] ?? 0) + 1;
    }
    const by = { [place.scheduled]: 0, [place.retries]: 0, [place.working]: 0, [place.dead]: 0 };
    for (const row of this.#lost<{ place: keyof typeof by }>('place', 'job_timed', `place > ${place.ready}`))
      by[row.place] = (by[row.place] ?? 0) + 1;
    const inSets = `place > ${place.ready} AND place <> ${place.working}`;
    const jids = this.#lost<{ jid: string }>('jid', 'job_jid', inSets).map(({ jid }) => fromColumn(jid));
    return {
      ready,
      scheduled: by[place.scheduled],
      retries: by[place.retries],
      working: by[place.working],
      dead: by[place.dead],
      jids: jids.slice(0, MOST_JIDS),
      stretches: this.#stretches,
    };
  }

  /**
   * Returns the rows that an index has and that were not copied, as far as the index is readable.
   */
  #lost<Row>(column: string, index: string, where: string): Row[] {
    const found: Row[] = [];
    const sql = `SELECT id, ${column} FROM job INDEXED BY ${index} WHERE ${where}`;
    try {
      for (const row of rowsOf(this.#from, sql))
        if (!this.#ids.has((row as { id: number }).id)) found.push(row as Row);
    } catch {
      this.#damaged(`index ${index}`);
    }
    return found;
  }
}

/** Whether a row is a job: an overwritten page may look like rows to SQLite. */
function isJob({ document, place: where }: Record<string, Value>): boolean {
  if (typeof document !== 'string' || !Object.values<Value | undefined>(place).includes(where)) return false;
  try {
    const job = JSON.parse(document) as { jid?: unknown; jobtype?: unknown } | null;
    return typeof job?.jid === 'string' && typeof job.jobtype === 'string';
  } catch {
    return false;
  }
}

/** Returns the lowest row id from which reading works again. */
function firstReadable(read: (after: number) => unknown, begin: number): number {
  const works = (after: number): boolean => {
    try {
      read(after);
      return true;
    } catch {
      return false;
    }
  };
  let step = 1;
  while (!works(begin + step)) {
    if (begin + step > Number.MAX_SAFE_INTEGER / 4) return Number.MAX_SAFE_INTEGER;
    step *= 2;
  }
  let [bad, good] = [Math.floor(step / 2), step];
  while (good - bad > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (works(begin + middle)) good = middle;
    else bad = middle;
  }
  return begin + good;
}
