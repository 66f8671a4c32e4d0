/**
 * Marks the main file of the store when it needs its log, so that a store without its log is
 * refused. Otherwise a copy of `faktory.db` without `faktory.db-wal` would open with the jobs of
 * the last checkpoint.
 *
 * The mark is a row that says 1 in the main file and 0 in the log; with the log it reads as 0. The
 * main file alone says 0 only after a checkpoint of the whole log, by whatever program, and then
 * nothing is missing. After such a checkpoint SQLite starts the log from its beginning. The next
 * commit notices that and marks again.
 */
import { statSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';
import type { WalSync } from '../commit/sync.ts';
import type { Database, Statement } from '../state/binding.ts';
import { hasTable } from '../state/schema.ts';

const ROW = 2; // in the table `mark`; row 1 is written by `probe`

export class LogMark {
  readonly #log: WalSync;
  readonly #set: Statement;
  readonly #checkpoint: Statement;
  #round: number | undefined;

  constructor(db: Database, log: WalSync) {
    this.#log = log;
    this.#set = db.prepare(`INSERT OR REPLACE INTO mark (id, written_at) VALUES (${ROW}, ?)`);
    this.#checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    this.committed();
  }

  /**
   * Call it after a durable commit, outside a transaction. It reads four bytes; when the log has
   * started over it makes two small commits.
   */
  committed(): void {
    if (this.#log.round() === this.#round) return;
    try {
      this.#set.get(1);
      this.#checkpoint.get();
      this.#set.get(0);
      this.#round = this.#log.round();
    } catch {
      // The store is full or locked: a later commit makes the mark. Until then a lost log
      // goes unnoticed; nothing else is at risk.
    }
  }
}

/**
 * Throws STORAGE when there is a log but the main file is missing or empty. Call it before SQLite
 * opens the file.
 * Note: SQLite would delete that log as a leftover. A new store never has such a log, because its
 * first page is written before the log is started.
 */
export function refuseLoneLog(path: string): void {
  if (sizeOf(path) > 0 || sizeOf(`${path}-wal`) === 0) return;
  const name = path.split(/[/\\]/).at(-1);
  const text = `${path} is missing or empty, but its log ${name}-wal is there: put ${name} back beside its log, or restore a backup (faktory restore); nothing was changed`;
  throw new FaktoryError('STORAGE', text);
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Throws STORAGE when the file needs its log and the log is missing or empty. */
export function refuseLostLog(db: Database, path: string): void {
  if (!lostLog(db)) return;
  const name = path.split(/[/\\]/).at(-1);
  const text = `${path} was not closed by a stop, and its log ${name}-wal is missing or empty: the jobs that were accepted last are in that log; put the log back beside the file, or restore a backup (faktory restore), or go on without those jobs (faktory salvage)`;
  throw new FaktoryError('STORAGE', text);
}

/**
 * Whether the file needs a log that is missing or empty. Call it outside a transaction: it starts a
 * checkpoint.
 */
export function lostLog(db: Database): boolean {
  if (!hasTable(db, 'mark')) return false;
  const mark = db.prepare(`SELECT written_at AS needed FROM mark WHERE id = ${ROW}`).get();
  if ((mark as { needed: number } | undefined)?.needed !== 1) return false;
  const { log } = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() as { log: number };
  return log <= 0; // above 0: the process died while it made the mark, and nothing is lost
}
