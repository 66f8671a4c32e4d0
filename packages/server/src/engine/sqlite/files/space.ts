/**
 * The room that the store takes on the disk: how much of it is free for new jobs, and giving it back to the file system in bites.
 *
 * Note: pages leave the file at the checkpoint after the bites; and only a file made with `auto_vacuum`, which files of versions before
 * this one are not, can give pages back without being written anew (`faktory compact`).
 */
import { statSync } from 'node:fs';
import type { Space } from '../../engine.ts';
import type { Database, Statement } from '../state/binding.ts';

const INCREMENTAL = 2; // of PRAGMA auto_vacuum

export class StoreSpace {
  readonly #db: Database;
  readonly #file: string;
  readonly #pageSize: number;
  /** Whether the file was made so that it can. */
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

  /** What is known of it now. */
  read(): Space {
    return {
      bytes: numberOf(this.#pages) * this.#pageSize,
      free: numberOf(this.#free) * this.#pageSize,
      log: statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
      canShrink: this.canShrink,
    };
  }

  /** Drops free pages from the end of the file; says how many bytes. Only inside a transaction. */
  shrink(bytes: number): number {
    const before = numberOf(this.#pages);
    // The pragma drops one page a step: only `exec` takes all of them.
    this.#db.exec(`PRAGMA incremental_vacuum(${Math.max(1, Math.floor(bytes / this.#pageSize))})`);
    return (before - numberOf(this.#pages)) * this.#pageSize;
  }
}

/**
 * Has a new file, or the next copy of an old one, made so that it can give room back. Note: where it can already, asking again would be
 * a write, and a backup must not write to the store.
 */
export function makeShrinkable(db: Database): void {
  if (numberOf(db.prepare('PRAGMA auto_vacuum')) !== INCREMENTAL) db.exec('PRAGMA auto_vacuum = INCREMENTAL');
}

/** Bytes of the store that hold something, as a copy without free pages has. */
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
