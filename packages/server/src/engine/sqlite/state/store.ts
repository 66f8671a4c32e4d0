/**
 * Holds the open file: its only writing connection, prepared statements, counts in memory, and the
 * turn. The operations use it; nothing outside `engine/sqlite` does.
 *
 * Listeners of due times run after the commit. Listeners of ready jobs run before it, so that a
 * fetch joins it.
 */
import { dirname } from 'node:path';
import type { Micros } from '@faktory-ts/protocol';
import type { Meter, StorageErrors, TimedSet } from '../../engine.ts';
import { type Sync, WalSync } from '../commit/sync.ts';
import { Turn } from '../commit/turn.ts';
import { type Folder, syncPath } from '../files/folder.ts';
import { LogMark } from '../files/log-mark.ts';
import { StoreSpace } from '../files/space.ts';
import { History } from '../history/history.ts';
import type { Database, Statement, Value } from './binding.ts';
import { toColumn } from './column.ts';
import { Counts, type Queue } from './counts.ts';
import { Gates } from './gates.ts';
import { Leases } from './leases.ts';
import { openFile } from './open-file.ts';
import { Producers } from './producers.ts';
import { notify, type ReadyListener } from './ready-listeners.ts';
import { ENDS, NO_WORKER, place } from './schema.ts';
import { WorkingSet } from './working-set.ts';

const DAY = 86_400_000_000; // µs
const MANY_WORKERS = 1000;

type DueListener = (place: TimedSet | 'working' | 'ends', due: Micros) => void;

const placeName = new Map<number, TimedSet | 'working' | 'ends'>([
  [ENDS, 'ends'],
  [place.scheduled, 'scheduled'],
  [place.retries, 'retries'],
  [place.working, 'working'],
  [place.dead, 'dead'],
]);

/** The settings of an open file. */
export interface StoreSettings {
  readonly sync: Sync;
  readonly clock: () => Micros;
  /** Never steps back; measures durations. */
  readonly steady: () => Micros;
  readonly leaseSpan: Micros;
  /** Largest number of queues; 0: no limit. */
  readonly maxQueues: number;
  readonly meter: Meter;
  readonly errors: StorageErrors;
}

export class Store {
  readonly counts = new Counts();
  readonly leases: Leases;
  readonly workingSet: WorkingSet;
  readonly gates: Gates;
  readonly producers = new Producers(this);
  readonly turn: Turn;
  readonly space: StoreSpace;
  readonly history: History;
  readonly clock: () => Micros;
  readonly steady: () => Micros;
  readonly meter: Meter;
  readonly maxQueues: number;
  readonly readyListeners = new Set<ReadyListener>();
  readonly dueListeners = new Set<DueListener>();
  /** Jobs may carry consequences or a deadline: else nothing is looked up for them. */
  special = false;
  /** Dead jobs beyond the limit are being evicted in later turns. */
  evicting = false;
  /** `close` was called. */
  closing = false;
  readonly #folder: Folder;
  readonly #db: Database;
  readonly #log: WalSync;
  readonly #mark: LogMark | undefined;
  readonly #statements = new Map<string, Statement>();
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #addTally: Statement;
  /** The earliest due time of each place code that listeners know of. */
  readonly #earliest: number[] = [];
  #lowered: number[] = [];
  #logIsLong = false;

  /**
   * The caller holds the lock of `folder` and releases it when this throws. `close` releases it
   * otherwise.
   */
  constructor(folder: Folder, { sync, clock, steady, leaseSpan, maxQueues, meter, errors }: StoreSettings) {
    this.clock = clock;
    this.turn = new Turn(this, errors);
    this.meter = meter;
    this.maxQueues = maxQueues;
    this.steady = steady;
    this.leases = new Leases(leaseSpan, steady, clock);
    this.workingSet = new WorkingSet(this.leases);
    this.gates = new Gates(this);
    this.history = new History(this, meter);
    this.#folder = folder;
    this.#db = openFile(folder.file, sync, [this.counts, this.workingSet, this.gates, this.producers]);
    this.special = this.sql(SPECIAL).get() !== undefined;
    this.space = new StoreSpace(this.#db, folder.file);
    this.#begin = this.#db.prepare('BEGIN IMMEDIATE');
    this.#commit = this.#db.prepare('COMMIT');
    this.#addTally = this.#db.prepare(
      `INSERT INTO tally (day, processed, failures) VALUES (?, ?, ?)
       ON CONFLICT (day) DO UPDATE SET processed = processed + excluded.processed, failures = failures + excluded.failures`,
    );
    syncPath(dirname(folder.file));
    this.#log = new WalSync(`${this.#folder.file}-wal`, sync, errors);
    // With sync off a power cut may take the whole log, so a missing log is no error then.
    this.#mark = sync === 'off' ? undefined : new LogMark(this.#db, this.#log);
  }

  /** The path of the store's file. */
  get file(): string {
    return this.#folder.file;
  }

  /** Seconds spent in syncs since the start. */
  get syncSeconds(): number {
    return this.#log.seconds;
  }

  /** Returns a statement and prepares it once. */
  sql(text: string): Statement {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /** Returns a statement whose rows are arrays. Never use the same text with `sql`. */
  rows(text: string): Statement {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.sql(text);
    statement.setReturnArrays(true);
    return statement;
  }

  /** Runs a write when the number of changed rows does not matter. */
  write(text: string, ...values: Value[]): void {
    this.sql(text).get(...values);
  }

  /** Runs a statement that changes the tables. Only inside a transaction. */
  exec(text: string): void {
    this.#db.exec(text);
  }

  /** Returns the queue and creates it when the name is new. Only inside a transaction. */
  queue(name: string): Queue {
    const known = this.counts.queues.get(name);
    if (known) {
      this.counts.suspects.delete(known.id);
      return known;
    }
    const id = this.counts.lastQueue + 1;
    this.write('INSERT INTO queue (id, name, listed, paused) VALUES (?, ?, 0, 0)', id, name);
    return this.counts.addQueue(id, name, false, false);
  }

  /** Counts jobs that became ready in this queue. INFO lists the queue from now on. */
  arrive(queue: Queue, count: number): void {
    if (!queue.listed) {
      this.write('UPDATE queue SET listed = 1 WHERE id = ?', queue.id);
      queue.listed = true;
    }
    this.counts.moveReady(queue, count);
  }

  /**
   * Returns the worker's row id, creates it when the wid is new, and sets its owner. Only inside a
   * transaction.
   */
  worker(wid: string, owner = ''): number {
    const known = this.counts.workers.get(wid);
    if (known !== undefined) {
      if (wid !== '' && owner !== this.counts.ownerOf(known)) this.#handOver(known, owner);
      return known;
    }
    const highest = this.sql('SELECT max(id) AS id FROM worker').get() as { id: number | null };
    const id = (highest.id ?? NO_WORKER) + 1;
    this.write('INSERT INTO worker (id, wid, owner) VALUES (?, ?, ?)', id, toColumn(wid), toColumn(owner));
    return this.counts.addWorker(id, wid, owner);
  }

  #handOver(worker: number, owner: string): void {
    this.write('UPDATE worker SET owner = ? WHERE id = ?', toColumn(owner), worker);
    this.counts.ownWorker(worker, owner);
  }

  /** Deletes the wids that hold no job, once there are 1,000 wids. Only inside a transaction. */
  pruneWorkers(): void {
    if (this.counts.workers.size < MANY_WORKERS) return;
    const held = `SELECT wid FROM job WHERE place = ${place.working} AND place > ${place.ready}`;
    this.write(`DELETE FROM worker WHERE id NOT IN (${held})`);
    this.counts.workerNames(this.#db);
  }

  /**
   * Counts an entry that enters a timed place. Listeners are notified when it is the earliest one.
   */
  enter(code: number, due: Micros): void {
    this.counts.move(code, 1);
    this.expect(code, due);
  }

  /** Something is due then; listeners are notified when it is the earliest of its place. */
  expect(code: number, due: Micros): void {
    if (due >= (this.#earliest[code] ?? Number.POSITIVE_INFINITY)) return;
    this.#earliest[code] = due;
    this.#lowered[code] = due;
  }

  /** Records what `nextDue` found: only entries due earlier are reported from now on. */
  knowEarliest(code: number, due: Micros | undefined): void {
    this.#earliest[code] = due ?? Number.POSITIVE_INFINITY;
  }

  begin(): void {
    this.#begin.get();
  }

  commit(): void {
    const { processed, failures } = this.counts.ended;
    if (processed > 0) {
      this.#addTally.get(Math.floor(this.clock() / DAY), processed, failures);
    }
    this.producers.write();
    this.#commit.get();
    this.#log.committed();
    this.#mark?.committed();
  }

  rollback(): void {
    try {
      this.#db.exec('ROLLBACK');
    } catch (error) {
      // On a full disk SQLite has rolled back already. Other errors must not be hidden.
      if (!/no transaction is active/i.test(String(error))) throw error;
    }
    this.#lowered.forEach((_, code) => {
      this.#earliest[code] = Number.POSITIVE_INFINITY;
    });
    this.#lowered = [];
    this.special = true; // a flush may have been undone; true is always safe
    this.counts.rollback(this.#db);
    this.workingSet.rollback(this.#db);
    this.gates.rollback(this.#db);
    this.producers.rollback(this.#db);
  }

  settled(): void {
    this.workingSet.commit();
    this.producers.commit();
    this.announce();
    this.gates.commit();
    this.counts.commit();
    if (this.#logIsLong) {
      this.#logIsLong = false;
      this.#emptyLog();
    }
    const lowered = this.#lowered;
    if (lowered.length === 0) return;
    this.#lowered = [];
    lowered.forEach((due, code) => {
      const name = placeName.get(code);
      if (name) for (const listener of this.dueListeners) listener(name, due);
    });
  }

  /** Empties the log after this turn, when no transaction is open. */
  emptyLogAfterTurn(): void {
    this.#logIsLong = true;
  }

  /**
   * Notifies listeners of gates that opened and of jobs that became ready since the last call.
   * Returns true when a listener fetches at once.
   */
  announce(): boolean {
    let heard = false;
    for (const { queue: name, key, room } of this.gates.opened()) {
      const queue = this.counts.queues.get(name);
      const count = queue && !queue.paused ? Math.min(room, this.counts.readyIn(queue)) : 0;
      heard = notify(this.readyListeners, name, count, key) || heard;
    }
    for (const queue of this.counts.arrivals()) {
      const count = Math.min(queue.arrived, this.counts.readyIn(queue));
      queue.arrived = 0;
      if (count > 0 && !queue.paused) heard = notify(this.readyListeners, queue.name, count) || heard;
    }
    return heard;
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.turn.runLong(() => undefined); // after all operations
    this.#emptyLog();
    await this.#log.close();
    this.#db.close();
    this.#folder.release();
  }

  /**
   * Moves the log into the file. Note: the Node 20 binding does it only when statements are
   * collected.
   */
  #emptyLog(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // On a full disk the log stays; it is synced, and the next start reads it.
    }
  }
}

const SPECIAL = `SELECT 1 FROM job INDEXED BY job_carries WHERE consequences IS NOT NULL
  UNION ALL SELECT 1 FROM job INDEXED BY job_deadline WHERE deadline IS NOT NULL AND place < ${place.working} LIMIT 1`;
