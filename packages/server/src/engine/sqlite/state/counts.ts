/**
 * What the engine knows without asking SQLite: queue names and sizes, worker names, sizes of the sets, executions.
 *
 * All of it is derived from the file at opening and kept in step by the engine, the file's only writer. Changes of
 * the running transaction are kept apart (`moved`) until its commit, so that a rollback only forgets them.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Database } from './binding.ts';
import { fromColumn } from './column.ts';
import { NO_WORKER, place } from './schema.ts';

/** A queue as the engine holds it. `ready` is committed, `moved` is what the open transaction adds. */
export interface Queue {
  readonly id: number;
  readonly name: string;
  listed: boolean;
  paused: boolean;
  ready: number;
  moved: number;
  /** It is being removed: its ready jobs up to this number go, a bite at a time, and none is handed out meanwhile. */
  removing: number | undefined;
  /** Jobs that became ready in the open transaction and that no listener was told of yet. */
  arrived: number;
}

export class Counts {
  readonly queues = new Map<string, Queue>();
  readonly queueOfId = new Map<number, Queue>();
  readonly workers = new Map<string, number>();
  readonly workerOfId = new Map<number, string>();
  /** Whose a worker is, by its number; those that are nobody's are not here. */
  readonly #workerOwners = new Map<number, string>();
  /** Entries by place code; `ready` is not kept here but per queue. */
  readonly size: number[] = [];
  readonly #moved: number[] = [];
  readonly #touched = new Set<Queue>();
  processed = 0;
  failures = 0;
  readonly ended = { processed: 0, failures: 0 };
  #lastNumber: Micros = 0;
  #cleared = false;

  /** Reads everything from the file. */
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

  /** Reads the names again, as after a rollback; sizes are kept. */
  names(db: Database): void {
    const rows = db.prepare('SELECT id, name, listed, paused FROM queue').all();
    const before = new Map(this.queues);
    this.queues.clear();
    this.queueOfId.clear();
    for (const row of rows as { id: number; name: string; listed: number; paused: number }[]) {
      const ready = before.get(row.name)?.ready ?? 0;
      this.addQueue(row.id, row.name, row.listed === 1, row.paused === 1).ready = ready;
    }
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
    return queue;
  }

  addWorker(id: number, wid: string, owner = ''): number {
    if (owner !== '') this.ownWorker(id, owner);
    this.workers.set(wid, id);
    this.workerOfId.set(id, wid);
    return id;
  }

  /** Whose this worker is; empty: nobody's. */
  ownerOf(worker: number): string {
    return this.#workerOwners.get(worker) ?? '';
  }

  ownWorker(worker: number, owner: string): void {
    this.#workerOwners.set(worker, owner);
  }

  /** A number above all given before, near the clock's microseconds. */
  next(now: Micros): Micros {
    this.#lastNumber = Math.max(this.#lastNumber + 1, now);
    return this.#lastNumber;
  }

  /** Takes `count` numbers at once; gives the one before the first. */
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

  /** All jobs of a resumed queue can be fetched again. */
  announce(queue: Queue): void {
    queue.arrived += this.readyIn(queue);
    this.#touched.add(queue);
  }

  /** Everything is forgotten, in memory as in the file. Takes effect at once; a rollback reads the file again. */
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

  /** Queues in which jobs became ready that nobody was told of. */
  arrivals(): Queue[] {
    return [...this.#touched].filter((queue) => queue.arrived > 0);
  }

  /** The open transaction is committed. */
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

  /** The open transaction is undone. */
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
