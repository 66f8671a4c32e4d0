/**
 * How many pushes each producer that named itself has made: what a client asks after a broken connection, to send again
 * exactly what was not carried out. Read from the file at opening; what a transaction adds is written at its commit.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Database, Statement, Value } from './binding.ts';
import { fromColumn, toColumn } from './column.ts';

/** What it uses of the store, which uses it. */
interface Home {
  readonly clock: () => Micros;
  sql(text: string): Statement;
  write(text: string, ...values: Value[]): void;
}

interface Producer {
  readonly id: number;
  pushed: number;
  /** What the open transaction adds. */
  moved: number;
}

const KEPT_FOR: Micros = 30 * 86_400_000_000;

export class Producers {
  readonly #store: Home;
  readonly #byName = new Map<string, Producer>();
  readonly #touched = new Set<Producer>();
  /** The open transaction added or forgot names. */
  #changed = false;

  constructor(store: Home) {
    this.#store = store;
  }

  /** Reads everything from the file. */
  load(db: Database): void {
    this.#byName.clear();
    const rows = db.prepare('SELECT id, name, pushed FROM producer').all();
    for (const { id, name, pushed } of rows as { id: number; name: string; pushed: number }[]) {
      this.#byName.set(fromColumn(name), { id, pushed, moved: 0 });
    }
    this.#changed = false;
  }

  /** The count of this producer, which is made when the name is new. Only inside a transaction. */
  pushed(name: string): number {
    const { pushed, moved } = this.#of(name);
    return pushed + moved;
  }

  /** One more push. Only inside a transaction. */
  count(name: string): void {
    const producer = this.#of(name);
    producer.moved += 1;
    this.#touched.add(producer);
  }

  #of(name: string): Producer {
    const known = this.#byName.get(name);
    if (known) return known;
    const now = this.#store.clock();
    this.#changed = true;
    const old = this.#store.sql('DELETE FROM producer WHERE seen_at < ? RETURNING name').all(now - KEPT_FOR);
    for (const gone of old as { name: string }[]) this.#byName.delete(fromColumn(gone.name));
    const made = this.#store.sql(
      'INSERT INTO producer (name, pushed, seen_at) VALUES (?, 0, ?) RETURNING id',
    );
    const { id } = made.get(toColumn(name), now) as { id: number };
    const producer = { id, pushed: 0, moved: 0 };
    this.#byName.set(name, producer);
    return producer;
  }

  /** The last writes of the open transaction. */
  write(): void {
    for (const { id, pushed, moved } of this.#touched) {
      const text = 'UPDATE producer SET pushed = ?, seen_at = ? WHERE id = ?';
      this.#store.write(text, pushed + moved, this.#store.clock(), id);
    }
  }

  /** The open transaction is committed. */
  commit(): void {
    for (const producer of this.#touched) {
      producer.pushed += producer.moved;
      producer.moved = 0;
    }
    this.#touched.clear();
    this.#changed = false;
  }

  /** The open transaction is undone. */
  rollback(db: Database): void {
    for (const producer of this.#touched) producer.moved = 0;
    this.#touched.clear();
    if (this.#changed) this.load(db);
  }
}
