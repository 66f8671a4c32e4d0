/**
 * A mark by which the store's main file alone tells that it needs its log: whoever copies `faktory.db` without `faktory.db-wal`, or
 * loses the log, is told, instead of being served what the last checkpoint had.
 *
 * The row of the mark says 1 in the main file and 0 in the log. Read together they say 0. The main file says 0 by itself only after a
 * checkpoint of the whole log, by whatever program (a stop, a `sqlite3` shell that was the last to close), and then nothing is missing.
 * The log starts over after each such checkpoint; the next commit notices and makes the mark again.
 */
import { statSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';
import type { WalSync } from '../commit/sync.ts';
import type { Database, Statement } from '../state/binding.ts';

const ROW = 2; // of the table `mark`; row 1 is the probe's

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

  /** A commit is durable, no transaction is open. Two small commits where the log has started over, else one read of four bytes. */
  committed(): void {
    if (this.#log.round() === this.#round) return;
    try {
      this.#set.get(1);
      this.#checkpoint.get();
      this.#set.get(0);
      this.#round = this.#log.round();
    } catch {
      // A full or locked store: the mark is made with a later commit. Until then a lost log goes unnoticed, nothing else.
    }
  }
}

/**
 * Throws STORAGE where a log has no store: the main file is missing or empty. Must run before SQLite opens the file.
 * Note: SQLite deletes the log of an empty file, because it takes the log for a leftover. A new store never has such a log:
 * its first page is written before the log is begun.
 */
export function refuseLoneLog(path: string): void {
  if (sizeOf(path) > 0 || sizeOf(`${path}-wal`) === 0) return;
  const name = path.split(/[/\\]/).at(-1);
  const text = `${path} is missing or empty, and its log ${name}-wal beside it is not: put ${name} back beside its log, or restore a backup (faktory restore); nothing was changed`;
  throw new FaktoryError('STORAGE', text);
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Throws STORAGE where the log is missing that the file needs, or has nothing of it. */
export function refuseLostLog(db: Database, path: string): void {
  if (!lostLog(db)) return;
  const name = path.split(/[/\\]/).at(-1);
  const text = `${path} was not closed by a stop, and its log ${name}-wal is missing or empty: the jobs that were accepted last are in that log; put the log back beside the file, or restore a backup (faktory restore), or go on without those jobs (faktory salvage)`;
  throw new FaktoryError('STORAGE', text);
}

/** Whether the file needs a log that is missing or has nothing of it. Call it outside a transaction: it begins a checkpoint. */
export function lostLog(db: Database): boolean {
  const known = db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'mark'").get() as {
    n: number;
  };
  if (known.n === 0) return false;
  const mark = db.prepare(`SELECT written_at AS needed FROM mark WHERE id = ${ROW}`).get();
  if ((mark as { needed: number } | undefined)?.needed !== 1) return false;
  const { log } = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() as { log: number };
  return log <= 0; // more: the process died while it made the mark
}
