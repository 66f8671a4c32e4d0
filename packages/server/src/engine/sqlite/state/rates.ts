/**
 * Holds how much of each rate is used: one time for each key, when its whole burst is available again. A key without a
 * time is full. All of it is in memory; the table `rate` has the same for the next start.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { RateGate } from '../../engine.ts';
import type { Database } from './binding.ts';
import { fromColumn, toColumn } from './column.ts';
import type { GateStore } from './slots.ts';
import { endAfter } from './times.ts';

const PUT = 'INSERT OR REPLACE INTO rate (key, full_at) VALUES (?, ?)';
const DELETE_FULL = 'DELETE FROM rate WHERE full_at <= ?';
const MANY = 1000; // keys; from here on full ones are deleted

export class Rates {
  readonly #store: GateStore;
  readonly #fullAt = new Map<string, Micros>();
  #deleteAt = MANY;

  constructor(store: GateStore) {
    this.#store = store;
  }

  /** Loads everything from the file. */
  load(db: Database): void {
    this.#fullAt.clear();
    for (const { key, full_at } of db.prepare('SELECT key, full_at FROM rate').all() as unknown as {
      key: string;
      full_at: number;
    }[])
      this.#fullAt.set(fromColumn(key), full_at);
  }

  /** How many hand-outs may pass now. */
  room({ key, per, burst }: RateGate): number {
    const wait = (this.#fullAt.get(key) ?? 0) - this.#store.clock();
    return Math.max(wait > 0 ? burst - Math.ceil(wait / per) : burst, 0);
  }

  /** When the next hand-out may pass; infinite: never. */
  opensAt({ key, per, burst }: RateGate): Micros {
    return burst < 1 ? Number.POSITIVE_INFINITY : (this.#fullAt.get(key) ?? 0) - (burst - 1) * per;
  }

  /** So many hand-outs passed. */
  spend({ key, per }: RateGate, count: number): void {
    const now = this.#store.clock();
    const known = this.#fullAt.get(key);
    if (known === undefined && this.#fullAt.size >= this.#deleteAt) this.#deleteFull(now);
    const fullAt = endAfter(Math.max(known ?? now, now), count * per);
    this.#fullAt.set(key, fullAt);
    this.#store.write(PUT, toColumn(key), fullAt);
  }

  #deleteFull(now: Micros): void {
    this.#store.write(DELETE_FULL, now);
    for (const [key, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(key);
    this.#deleteAt = Math.max(MANY, 2 * this.#fullAt.size);
  }

  /** The wall clock was set: moves the times in memory. `writeAll` moves them on disk. */
  moveEnds(by: Micros): void {
    for (const [key, fullAt] of this.#fullAt) this.#fullAt.set(key, fullAt + by);
  }

  writeAll(): void {
    for (const [key, fullAt] of this.#fullAt) this.#store.write(PUT, toColumn(key), fullAt);
  }

  /** Forgets all rates in memory. */
  clear(): void {
    this.#fullAt.clear();
  }
}
