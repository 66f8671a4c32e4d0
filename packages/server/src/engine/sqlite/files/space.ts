/**
 * Measures the disk space of the store and returns free pages to the file system in bites.
 *
 * Note: the file gets smaller only at the checkpoint after the bites. Only a file made with
 * `auto_vacuum` can shrink; files of older versions must be rewritten first (`faktory compact`).
 */
import { statSync } from 'node:fs';
import type { Space } from '../../engine.ts';
import type { Database, Statement } from '../state/binding.ts';

const INCREMENTAL = 2; // value of PRAGMA auto_vacuum

export class StoreSpace {
  readonly #db: Database;
  readonly #file: string;
  readonly #pageSize: number;
  /** Whether the file was made with `auto_vacuum`. */
  readonly canShrink: boolean;
  readonly #pages: Statement;
  readonly #free: Statement;

  constructor(db: Database, file: string) {
    this.#db = db;
    this.#file = file;
    this.#pageSize = numberOf(db.prepare('PRAGMA page_size'));
    this.canShrink = numberOf(db.prepare('PRAGMA auto_vacuum')) === INCREMENTAL;
    this.#pages = db.prepare('PRAGMA page_count');
    this.#free = db.prepare('PRAGMA freelist_count');
  }

  /** Returns the present sizes. */
  read(): Space {
    return {
      bytes: numberOf(this.#pages) * this.#pageSize,
      free: numberOf(this.#free) * this.#pageSize,
      log: statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
      canShrink: this.canShrink,
    };
  }

  /**
   * Drops free pages from the end of the file. Returns how many bytes. Only inside a transaction.
   */
  shrink(bytes: number): number {
    const before = numberOf(this.#pages);
    // The pragma drops one page a step, and only `exec` runs all steps.
    this.#db.exec(`PRAGMA incremental_vacuum(${Math.max(1, Math.floor(bytes / this.#pageSize))})`);
    return (before - numberOf(this.#pages)) * this.#pageSize;
  }
}

/**
 * Makes a new file, or the next copy of an old one, able to shrink.
 * Note: it does nothing for a file that already can, because setting it is a write, and a backup
 * must not write.
 */
export function makeShrinkable(db: Database): void {
  if (numberOf(db.prepare('PRAGMA auto_vacuum')) !== INCREMENTAL) db.exec('PRAGMA auto_vacuum = INCREMENTAL');
}

/** Returns the bytes of the store that are in use: the size of a copy without free pages. */
export function usedBytes(db: Database): number {
  const [pages, free, size] = ['page_count', 'freelist_count', 'page_size'].map((name) =>
    numberOf(db.prepare(`PRAGMA ${name}`)),
  ) as [number, number, number];
  return (pages - free) * size;
}

function numberOf(pragma: Statement): number {
  const [value = 0] = Object.values(pragma.get() as Record<string, number>);
  return value;
}
