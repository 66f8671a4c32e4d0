/**
 * Counts the pushes of each named producer and stores the refusals that its client may not have
 * received.
 *
 * After a broken connection a client asks for both and sends again exactly the lines that were not
 * carried out. The counts are loaded when the store opens; a commit writes the changed ones. Notes
 * (refusals) stay on disk.
 *
 * Note: a connected producer that is idle may be deleted, because its next push carries the count
 * along.
 */
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { Counted, Producer, Pushed } from '../../engine.ts';
import type { Database, Statement, Value } from './binding.ts';
import { fromColumn, toColumn } from './column.ts';
import { readNote } from './note.ts';

/** The members of the store that this file uses. */
interface ProducerStore {
  readonly turn: { begin(): void };
  readonly clock: () => Micros;
  readonly steady: () => Micros;
  sql(text: string): Statement;
  write(text: string, ...values: Value[]): void;
}

interface ProducerRecord {
  readonly id: number;
  pushed: number;
  /** The count once the open transaction is committed. */
  next: number;
  /** The user or token that the name belongs to; empty: none. */
  owner: string;
  /** Bytes of its notes; undefined: not measured yet. */
  noteBytes: number | undefined;
  /**
   * It has too many notes: its lines are refused until its client reports which replies it
   * received.
   */
  full: boolean;
}

const NOTES = 1000; // last lines of a producer whose notes are kept
const NOTE_BYTES = 1024 * 1024; // of one producer; the note that crosses the limit is still stored
const ALL_BYTES = 64 * 1024 * 1024; // of the notes of all producers together
const CROWDED = ALL_BYTES / 2;
// A producer is silent this long after its last push. Silent producers with notes are deleted
// when all notes together exceed CROWDED.
const SILENT: Micros = 3_600_000_000;
const LOOK_EVERY: Micros = 60_000_000; // µs between two searches for silent producers
const BYTES = 'SELECT total(octet_length(text)) AS bytes FROM note';
const unread = { noteBytes: undefined, full: false };
const PRUNE_EVERY: Micros = 3_600_000_000; // µs between two searches for expired producers
// Names of producers. At this number the producers that are silent for longest leave first.
const MOST_NAMES = 100_000;
const DELETED = 1000; // producers that one push deletes

export class Producers {
  readonly #store: ProducerStore;
  readonly #byName = new Map<string, ProducerRecord>();
  readonly #touched = new Set<ProducerRecord>();
  /** The open transaction added or deleted names, or changed an owner. */
  #changed = false;
  /** When to look for expired producers again, by the steady clock. */
  #pruneAt: Micros = Number.NEGATIVE_INFINITY;
  #crowdedAt: Micros = Number.NEGATIVE_INFINITY;
  /** When to look for a silent producer again, because there are too many names. */
  #fullAt: Micros = Number.NEGATIVE_INFINITY;
  /** Bytes of all notes: `now` includes the open transaction, `committed` does not. */
  #bytes = { now: 0, committed: 0 };

  constructor(store: ProducerStore) {
    this.#store = store;
  }

  /** Loads everything from the file. */
  load(db: Database): void {
    this.#byName.clear();
    const rows = db.prepare('SELECT id, name, pushed, owner FROM producer').all();
    type Row = { id: number; name: string; pushed: number; owner: string };
    for (const { id, name, pushed, owner } of rows as Row[]) {
      this.#byName.set(fromColumn(name), { id, pushed, next: pushed, owner: fromColumn(owner), ...unread });
    }
    this.#changed = false;
    const { bytes } = db.prepare(BYTES).get() as { bytes: number };
    this.#bytes = { now: bytes, committed: bytes };
  }

  /**
   * Returns the producer's count and its notes of lines after `answered`; deletes the notes up to
   * there.
   * Note: a name that has not pushed is not stored.
   */
  pushed({ name }: Producer, answered: number): Pushed {
    const known = this.#byName.get(name);
    if (known === undefined) return { pushed: 0, notes: new Map() };
    this.#deleteNotes(known, answered);
    const rows = this.#store
      .sql('SELECT line, text FROM note WHERE producer = ? ORDER BY line')
      .all(known.id) as { line: number; text: string }[];
    const notes = new Map(rows.map(({ line, text }) => [line, readNote(fromColumn(text))]));
    known.full = false;
    return { pushed: known.next, notes };
  }

  /** The user or token that the name belongs to; undefined: none. */
  ownerOf(name: string): string | undefined {
    return this.#byName.get(name)?.owner || undefined;
  }

  /**
   * Throws SHUTDOWN while the producer has more than a megabyte of notes. The line is not counted,
   * its connection ends, and the client reports with its next EXT which replies it received. This
   * bounds the reply of EXT. Throws STORAGE when the note would exceed the limit of all producers, or
   * when the name is new and there are too many names; the line is not counted either. Writes nothing.
   */
  refuseFull({ name }: Producer, note: string | undefined): void {
    const known = this.#byName.get(name);
    if (note !== undefined && this.#bytes.now + note.length > ALL_BYTES) {
      const text = `storage failed: the refusals stored for all producers take ${this.#bytes.now} bytes of at most ${ALL_BYTES}; nothing of this line was stored; send it again without the refused jobs, or in an hour, when the refusals of silent producers are deleted`;
      throw new FaktoryError('STORAGE', text);
    }
    if (known === undefined) {
      this.#refuseName();
      return;
    }
    known.full ||= note !== undefined && this.#bytesOf(known) > NOTE_BYTES;
    if (!known.full) return;
    const text = `shutdown in progress: this producer has over ${NOTE_BYTES} bytes of refusals; reconnect and report with EXT how many lines were answered`;
    throw new FaktoryError('SHUTDOWN', text);
  }

  /** Throws STORAGE when there are too many names, and each of them has pushed in the last hour. */
  #refuseName(): void {
    if (this.#byName.size < MOST_NAMES) return;
    const now = this.#store.steady();
    if (now >= this.#fullAt) {
      const silent = this.#store.sql('SELECT 1 FROM producer WHERE seen_at < ? LIMIT 1');
      if (silent.get(this.#store.clock() - SILENT) !== undefined) return;
      this.#fullAt = now + LOOK_EVERY;
    }
    const text = `storage failed: the server counts the pushes of at most ${MOST_NAMES} producer names, and ${this.#byName.size} have pushed in the last hour; nothing of this line was stored; use one name for the whole life of a program, and send the line again later`;
    throw new FaktoryError('STORAGE', text);
  }

  #bytesOf(known: ProducerRecord): number {
    if (known.noteBytes === undefined) {
      const sum = this.#store.sql(`${BYTES} WHERE producer = ?`);
      known.noteBytes = (sum.get(known.id) as { bytes: number }).bytes;
    }
    return known.noteBytes;
  }

  #deleteNotes(known: ProducerRecord, line: number): void {
    const first = this.#store.sql('SELECT 1 FROM note WHERE producer = ? AND line <= ? LIMIT 1');
    if (first.get(known.id, line) === undefined) return;
    this.#store.turn.begin();
    const gone = this.#store
      .sql('DELETE FROM note WHERE producer = ? AND line <= ? RETURNING octet_length(text) AS bytes')
      .all(known.id, line) as { bytes: number }[];
    const freed = gone.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#bytes.now -= freed;
    if (known.noteBytes !== undefined) known.noteBytes -= freed;
  }

  /** Counts one push and stores its note. Only inside a transaction. */
  count({ producer, line }: Counted, note: string | undefined): void {
    const known = this.#of(producer);
    known.next = line;
    this.#touched.add(known);
    const { owner = '' } = producer;
    if (owner !== '' && owner !== known.owner) this.#handOver(known, owner);
    if (note === undefined) return;
    this.#deleteNotes(known, line - NOTES);
    const text = 'INSERT OR REPLACE INTO note (producer, line, text) VALUES (?, ?, ?)';
    const bytes = this.#bytesOf(known);
    this.#store.write(text, known.id, line, toColumn(note));
    const added = Buffer.byteLength(note);
    known.noteBytes = bytes + added;
    this.#bytes.now += added;
    if (this.#bytes.now > CROWDED && this.#store.steady() >= this.#crowdedAt) this.#makeRoom();
  }

  /**
   * Deletes producers that have notes and were silent for an hour, because all notes together are
   * large.
   */
  #makeRoom(): void {
    const isMore = this.#deleteOldest(
      'seen_at < ? AND id IN (SELECT producer FROM note)',
      this.#store.clock() - SILENT,
    );
    if (!isMore) this.#crowdedAt = this.#store.steady() + LOOK_EVERY;
  }

  #handOver(known: ProducerRecord, owner: string): void {
    this.#changed = true; // a rollback must load the owners again
    known.owner = owner;
    this.#store.write('UPDATE producer SET owner = ? WHERE id = ?', toColumn(owner), known.id);
  }

  #of({ name, keep, owner = '' }: Producer): ProducerRecord {
    const known = this.#byName.get(name);
    if (known) return known;
    const now = this.#store.clock();
    this.#changed = true;
    if (this.#store.steady() >= this.#pruneAt && !this.#deleteOldest('seen_at + keep < ?', now))
      this.putOffPrune();
    if (this.#byName.size >= MOST_NAMES) this.#deleteOldest('seen_at < ?', now - SILENT);
    const made = this.#store.sql(
      'INSERT INTO producer (name, pushed, seen_at, keep, owner) VALUES (?, 0, ?, ?, ?) RETURNING id',
    );
    const { id } = made.get(toColumn(name), now, keep, toColumn(owner)) as { id: number };
    const producer = { id, pushed: 0, next: 0, owner, ...unread };
    this.#byName.set(name, producer);
    return producer;
  }

  /** Deletes one bite of producers with their notes, the longest silent first. Returns whether there may be more. */
  #deleteOldest(condition: string, time: Micros): boolean {
    this.write(); // first: producers that push in this transaction get a new seen_at
    const found = `SELECT id FROM producer WHERE ${condition} ORDER BY seen_at LIMIT ${DELETED}`;
    const old = this.#store.sql(`DELETE FROM producer WHERE id IN (${found}) RETURNING id, name`).all(time);
    if (old.length > 0) this.#changed = true;
    for (const { id, name } of old as { id: number; name: string }[]) {
      this.#byName.delete(fromColumn(name));
      const notes = this.#store
        .sql('DELETE FROM note WHERE producer = ? RETURNING octet_length(text) AS bytes')
        .all(id) as { bytes: number }[];
      for (const { bytes } of notes) this.#bytes.now -= bytes;
    }
    return old.length === DELETED;
  }

  /**
   * Deletes no producer for an hour. Called when the clock was set: stored times may be wrong until
   * then.
   */
  putOffPrune(): void {
    this.#pruneAt = this.#store.steady() + PRUNE_EVERY;
  }

  /** Writes the changed counts at the end of the open transaction. */
  write(): void {
    for (const { id, next } of this.#touched) {
      const text = 'UPDATE producer SET pushed = ?, seen_at = ? WHERE id = ?';
      this.#store.write(text, next, this.#store.clock(), id);
    }
  }

  /** Call it when the open transaction is committed. */
  commit(): void {
    for (const producer of this.#touched) producer.pushed = producer.next;
    this.#touched.clear();
    this.#changed = false;
    this.#bytes.committed = this.#bytes.now;
  }

  /** Call it when the open transaction is rolled back. */
  rollback(db: Database): void {
    for (const producer of this.#touched) {
      producer.next = producer.pushed;
      producer.noteBytes = undefined;
    }
    this.#touched.clear();
    this.#bytes.now = this.#bytes.committed;
    if (!this.#changed) return;
    this.#pruneAt = Number.NEGATIVE_INFINITY;
    this.load(db);
  }
}
