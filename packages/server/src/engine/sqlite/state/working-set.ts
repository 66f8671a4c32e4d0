/**
 * The working set by jid: what ACK and FAIL look up. Read from the file at opening and kept in step by the engine, the
 * file's only writer. An index on disk for it made each job cost 3 of 17 µs more, for entries that live for moments.
 *
 * Two live jobs may share a jid, so each jid has a chain of holds, the oldest hand-out first.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Kind } from '../../engine.ts';
import type { Database } from './binding.ts';
import { fromColumn } from './column.ts';
import { type Lease, type Leases, NO_END } from './leases.ts';
import { place } from './schema.ts';

/** One job of the working set. */
export interface WorkingJob {
  /** Its row. */
  readonly id: number;
  readonly reservationId: number;
  /** When it was handed out, by the wall clock; after a restart that is near its id. */
  readonly takenAt: Micros;
  /** Of the worker whose beats it lasts with; undefined: it has an end of its own. */
  readonly lease: Lease | undefined;
  /** What it is counted under; undefined: it was taken before a restart. */
  readonly kind: Kind | undefined;
  /** When it was taken, by the steady clock; undefined: before a restart. */
  readonly since: Micros | undefined;
  /** The next hand-out of another job with the same jid. */
  later: WorkingJob | undefined;
}

const ALL = `SELECT job.id, jid, seq, due, worker.wid FROM job LEFT JOIN worker ON worker.id = job.wid
  WHERE place = ${place.working} AND place > ${place.ready} ORDER BY seq`;

interface Row {
  id: number;
  jid: string;
  seq: number;
  due: number;
  wid: string | null;
}

export class WorkingSet {
  readonly #byJid = new Map<string, WorkingJob>();
  readonly #leases: Leases;
  /** The open transaction changed something. */
  #changed = false;

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  /** Reads everything from the file. */
  load(db: Database): void {
    this.#byJid.clear();
    this.#leases.recount();
    for (const { id, jid, seq, due, wid } of db.prepare(ALL).all() as Row[]) {
      const lease = due === NO_END ? this.#leases.known(fromColumn(wid ?? '')) : undefined;
      this.add(fromColumn(jid), id, seq, seq, lease);
    }
    this.#changed = false;
  }

  /** A hand-out, later than all before. */
  add(
    jid: string,
    id: number,
    reservationId: number,
    takenAt: Micros,
    lease: Lease | undefined,
    kind?: Kind,
    since?: Micros,
  ): void {
    this.#changed = true;
    if (lease) lease.holds += 1;
    const added: WorkingJob = { id, reservationId, takenAt, lease, kind, since, later: undefined };
    let last = this.#byJid.get(jid);
    if (!last) {
      this.#byJid.set(jid, added);
      return;
    }
    while (last.later) last = last.later;
    last.later = added;
  }

  /** The jid's oldest hand-out, or exactly the one with this number. */
  find(jid: string, reservationId: number | undefined): WorkingJob | undefined {
    let found = this.#byJid.get(jid);
    if (reservationId !== undefined)
      while (found && found.reservationId !== reservationId) found = found.later;
    return found;
  }

  /**
   * What this worker took with a lease, the last hand-out first. Looks through the working set, since it is asked only when a worker
   * reconnects: a list for each worker would cost every hand-out.
   */
  leasedBy(wid: string): { jid: string; reservationId: number }[] {
    const found: { jid: string; reservationId: number }[] = [];
    for (const [jid, oldest] of this.#byJid)
      for (let held: WorkingJob | undefined = oldest; held; held = held.later)
        if (held.lease?.wid === wid) found.push({ jid, reservationId: held.reservationId });
    return found.sort((a, b) => b.reservationId - a.reservationId);
  }

  /** Those that have an end of their own. */
  withEnds(): WorkingJob[] {
    const found: WorkingJob[] = [];
    for (const oldest of this.#byJid.values())
      for (let held: WorkingJob | undefined = oldest; held; held = held.later)
        if (!held.lease) found.push(held);
    return found;
  }

  remove(jid: string, held: WorkingJob): void {
    this.#changed = true;
    if (held.lease) held.lease.holds -= 1;
    const first = this.#byJid.get(jid);
    if (first === held) {
      if (held.later) this.#byJid.set(jid, held.later);
      else this.#byJid.delete(jid);
      return;
    }
    let before = first;
    while (before && before.later !== held) before = before.later;
    if (before) before.later = held.later;
  }

  clear(): void {
    this.#changed = true;
    this.#byJid.clear();
    this.#leases.recount();
  }

  /** The open transaction is committed. */
  commit(): void {
    this.#changed = false;
  }

  /** The open transaction is undone. */
  rollback(db: Database): void {
    if (this.#changed) this.load(db);
  }
}
