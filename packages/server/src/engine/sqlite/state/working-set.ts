/**
 * Indexes the reservations by jid in memory, for ACK and FAIL.
 *
 * It is loaded from the file when it opens, and the engine, its only writer, updates both together.
 * An index on disk instead cost 3 of 17 µs a job, for entries that live only for moments.
 *
 * Two live jobs may share a jid, so each jid has a chain of reservations, the oldest first.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Kind } from '../../engine.ts';
import type { Database } from './binding.ts';
import { fromColumn } from './column.ts';
import { type Lease, type Leases, NO_END } from './leases.ts';
import { place } from './schema.ts';

/** One reservation. */
export interface WorkingJob {
  /** The row id of its job. */
  readonly id: number;
  readonly reservationId: number;
  /** Size of its document: UTF-16 units; after a restart bytes. */
  readonly size: number;
  /**
   * When the job was handed out, by the wall clock. After a restart it is the reservation id, which
   * is near.
   */
  readonly takenAt: Micros;
  /** The worker's lease that the reservation lasts with; undefined: it has an end of its own. */
  readonly lease: Lease | undefined;
  /** The counters of its queue and jobtype; undefined: it was taken before a restart. */
  readonly kind: Kind | undefined;
  /** When it was taken, by the steady clock; undefined: before a restart. */
  readonly since: Micros | undefined;
  /** The next reservation of another job with the same jid. */
  later: WorkingJob | undefined;
}

const ALL = `SELECT job.id, jid, seq, due, octet_length(document) AS size, worker.wid FROM job LEFT JOIN worker ON worker.id = job.wid
  WHERE place = ${place.working} AND place > ${place.ready} ORDER BY seq`;

interface Row {
  id: number;
  jid: string;
  seq: number;
  due: number;
  size: number;
  wid: string | null;
}

export class WorkingSet {
  readonly #byJid = new Map<string, WorkingJob>();
  readonly #leases: Leases;
  /** Whether the open transaction changed something. */
  #changed = false;

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  /** Loads everything from the file. */
  load(db: Database): void {
    this.#byJid.clear();
    this.#leases.recount();
    for (const { id, jid, seq, due, size, wid } of db.prepare(ALL).all() as Row[]) {
      const lease = due === NO_END ? this.#leases.known(fromColumn(wid ?? '')) : undefined;
      this.add(fromColumn(jid), id, seq, size, seq, lease);
    }
    this.#changed = false;
  }

  /** Adds a reservation; it must be later than all others. */
  add(
    jid: string,
    id: number,
    reservationId: number,
    size: number,
    takenAt: Micros,
    lease: Lease | undefined,
    kind?: Kind,
    since?: Micros,
  ): void {
    this.#changed = true;
    if (lease) lease.holds += 1;
    const added: WorkingJob = { id, reservationId, size, takenAt, lease, kind, since, later: undefined };
    let last = this.#byJid.get(jid);
    if (!last) {
      this.#byJid.set(jid, added);
      return;
    }
    while (last.later) last = last.later;
    last.later = added;
  }

  /** Returns the jid's oldest reservation, or the one with this id. */
  find(jid: string, reservationId: number | undefined): WorkingJob | undefined {
    let found = this.#byJid.get(jid);
    if (reservationId !== undefined)
      while (found && found.reservationId !== reservationId) found = found.later;
    return found;
  }

  /**
   * Returns the reservations that this worker has with a lease, the newest first. It scans the
   * whole working set, because only a reconnecting worker asks; a list for each worker would slow
   * every hand-out.
   */
  leasedBy(wid: string): { jid: string; reservationId: number }[] {
    const found: { jid: string; reservationId: number }[] = [];
    for (const [jid, oldest] of this.#byJid)
      for (let held: WorkingJob | undefined = oldest; held; held = held.later)
        if (held.lease?.wid === wid) found.push({ jid, reservationId: held.reservationId });
    return found.sort((a, b) => b.reservationId - a.reservationId);
  }

  /** Returns the reservations that have an end of their own. */
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

  /** Call it when the open transaction is committed. */
  commit(): void {
    this.#changed = false;
  }

  /** Call it when the open transaction is rolled back. */
  rollback(db: Database): void {
    if (this.#changed) this.load(db);
  }
}
