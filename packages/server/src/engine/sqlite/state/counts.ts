/**
 * Holds in memory what the engine needs without asking SQLite: queues and their sizes, worker
 * names, set sizes, counts of executions.
 *
 * All of it is loaded from the file when it opens, and the engine, its only writer, updates both
 * together. Changes of the open transaction are separate (`moved`) until the commit, so a rollback
 * only clears them.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Database } from './binding.ts';
import { fromColumn } from './column.ts';
import { NO_WORKER, place } from './schema.ts';

/** A queue. `ready` is committed; `moved` is the change of the open transaction. */
export interface Queue {
  readonly id: number;
  readonly name: string;
  listed: boolean;
  paused: boolean;
  ready: number;
  moved: number;
  /**
   * Set while the queue is being removed: jobs with `seq` up to this are deleted, and none is
   * handed out.
   */
  removing: number | undefined;
  /** Jobs that became ready in the open transaction and were not announced to listeners yet. */
  arrived: number;
}

export class Counts {
  readonly queues = new Map<string, Queue>();
  readonly queueOfId = new Map<number, Queue>();
  /** Queues that a search for unused ones has not found in use yet; empty while none runs. */
  readonly suspects = new Set<number>();
  /** The highest row id of a queue so far; the id of a deleted queue is never used again. */
  lastQueue = 0;
  readonly workers = new Map<string, number>();
  readonly workerOfId = new Map<number, string>();
  /**
   * The owner (user or token) of a worker, by the worker's row id; workers without an owner are
   * missing.
   */
  readonly #workerOwners = new Map<number, string>();
  /** Entries by place code. Ready jobs are counted by queue instead. */
  readonly size: number[] = [];
  readonly #moved: number[] = [];
  readonly #touched = new Set<Queue>();
  processed = 0;
  failures = 0;
  readonly ended = { processed: 0, failures: 0 };
  #lastNumber: Micros = 0;
  #cleared = false;

  /** Loads everything from the file. */
  load(db: Database): void {
    this.names(db);
    const ready = db.prepare(
      `SELECT queue, count(*) AS n, max(seq) AS seq FROM job WHERE place = ${place.ready} GROUP BY queue`,
    );
    for (const queue of this.queues.values()) queue.ready = 0;
    for (const row of ready.all() as { queue: number; n: number; seq: number }[]) {
      const queue = this.queueOfId.get(row.queue);
      if (queue) queue.ready = row.n;
      this.#lastNumber = Math.max(this.#lastNumber, row.seq);
    }
    const sized = db.prepare('SELECT count(*) AS n FROM job WHERE place = ? AND place > 2');
    for (const code of Object.values(place)) {
      this.#moved[code] = 0;
      this.size[code] = code === place.ready ? 0 : (sized.get(code) as { n: number }).n;
    }
    const held = db.prepare(`SELECT max(seq) AS seq FROM job WHERE place = ${place.working} AND place > 2`);
    this.#lastNumber = Math.max(this.#lastNumber, (held.get() as { seq: number | null }).seq ?? 0);
    const all = db
      .prepare('SELECT sum(processed) AS processed, sum(failures) AS failures FROM tally')
      .get() as { processed: number | null; failures: number | null };
    this.processed = all.processed ?? 0;
    this.failures = all.failures ?? 0;
  }

  /** Loads the names again, for example after a rollback; keeps the sizes. */
  names(db: Database): void {
    const rows = db.prepare('SELECT id, name, listed, paused FROM queue').all();
    const before = new Map(this.queues);
    this.queues.clear();
    this.queueOfId.clear();
    for (const row of rows as { id: number; name: string; listed: number; paused: number }[]) {
      const ready = before.get(row.name)?.ready ?? 0;
      this.addQueue(row.id, row.name, row.listed === 1, row.paused === 1).ready = ready;
    }
    this.workerNames(db);
  }

  /** Loads the worker names again. */
  workerNames(db: Database): void {
    this.workers.clear();
    this.workerOfId.clear();
    this.#workerOwners.clear();
    this.addWorker(NO_WORKER, '');
    type Worker = { id: number; wid: string; owner: string };
    for (const row of db.prepare('SELECT id, wid, owner FROM worker').all() as Worker[]) {
      this.addWorker(row.id, fromColumn(row.wid), fromColumn(row.owner));
    }
  }

  addQueue(id: number, name: string, listed: boolean, paused: boolean): Queue {
    const queue = { id, name, listed, paused, ready: 0, moved: 0, arrived: 0, removing: undefined };
    this.queues.set(name, queue);
    this.queueOfId.set(id, queue);
    this.lastQueue = Math.max(this.lastQueue, id);
    return queue;
  }

  deleteQueue(id: number): void {
    const queue = this.queueOfId.get(id);
    if (!queue) return;
    this.queueOfId.delete(id);
    this.queues.delete(queue.name);
    this.#touched.delete(queue);
  }

  addWorker(id: number, wid: string, owner = ''): number {
    if (owner !== '') this.ownWorker(id, owner);
    this.workers.set(wid, id);
    this.workerOfId.set(id, wid);
    return id;
  }

  /** The owner of this worker; empty: none. */
  ownerOf(worker: number): string {
    return this.#workerOwners.get(worker) ?? '';
  }

  ownWorker(worker: number, owner: string): void {
    this.#workerOwners.set(worker, owner);
  }

  /** Returns a number above all earlier ones, near the clock's microseconds. Used as `seq`. */
  next(now: Micros): Micros {
    this.#lastNumber = Math.max(this.#lastNumber + 1, now);
    return this.#lastNumber;
  }

  /** Reserves `count` numbers; returns the number before the first of them. */
  block(now: Micros, count: number): Micros {
    const before = this.next(now) - 1;
    this.#lastNumber = before + count;
    return before;
  }

  moveReady(queue: Queue, by: number): void {
    queue.moved += by;
    if (by > 0) queue.arrived += by;
    this.#touched.add(queue);
  }

  /** Announces all jobs of a queue, because they can be fetched again. */
  announce(queue: Queue): void {
    queue.arrived += this.readyIn(queue);
    this.#touched.add(queue);
  }

  /** Clears everything at once. A rollback loads the file again. */
  clear(): void {
    this.#cleared = true;
    this.queues.clear();
    this.queueOfId.clear();
    this.workers.clear();
    this.workerOfId.clear();
    this.#workerOwners.clear();
    this.#touched.clear();
    this.addWorker(NO_WORKER, '');
    for (const code of Object.values(place)) {
      this.size[code] = 0;
      this.#moved[code] = 0;
    }
    this.processed = this.failures = this.ended.processed = this.ended.failures = 0;
  }

  move(code: number, by: number): void {
    this.#moved[code] = (this.#moved[code] ?? 0) + by;
  }

  readyIn(queue: Queue): number {
    return queue.ready + queue.moved;
  }

  sizeOf(code: number): number {
    return (this.size[code] ?? 0) + (this.#moved[code] ?? 0);
  }

  count(failed: boolean): void {
    this.ended.processed += 1;
    if (failed) this.ended.failures += 1;
  }

  /** Queues with ready jobs that were not announced yet. */
  arrivals(): Queue[] {
    return [...this.#touched].filter((queue) => queue.arrived > 0);
  }

  /** Call it when the open transaction is committed. */
  commit(): void {
    this.#cleared = false;
    for (const queue of this.#touched) {
      queue.ready += queue.moved;
      queue.moved = 0;
    }
    this.#touched.clear();
    for (let code = 0; code < this.#moved.length; code++) {
      this.size[code] = this.sizeOf(code);
      this.#moved[code] = 0;
    }
    this.processed += this.ended.processed;
    this.failures += this.ended.failures;
    this.ended.processed = this.ended.failures = 0;
  }

  /** Call it when the open transaction is rolled back. */
  rollback(db: Database): void {
    for (const queue of this.#touched) queue.moved = queue.arrived = 0;
    this.#touched.clear();
    this.#moved.fill(0);
    this.ended.processed = this.ended.failures = 0;
    if (this.#cleared) this.load(db);
    else this.names(db);
    this.#cleared = false;
  }
}
