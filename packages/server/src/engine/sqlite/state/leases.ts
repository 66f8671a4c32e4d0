/**
 * Keeps the leases of workers: their reservations last as long as beats arrive.
 *
 * Leases exist only in memory, so a beat writes nothing to disk. On disk such a reservation has no
 * end of its own (`NO_END`). After a restart its worker therefore has one whole span to send a
 * beat.
 */
import type { Micros } from '@faktory-ts/protocol';

/** The `due` of a reservation that ends with its worker's lease. */
export const NO_END: Micros = Number.MAX_SAFE_INTEGER;

/** The lease of one worker. */
export interface Lease {
  readonly wid: string;
  /** When its reservations end without another beat, by the steady clock. */
  until: Micros;
  /** How many reservations the worker has. */
  holds: number;
  /**
   * How many reservations it had when its lease ended; they are ended in bites.
   * Undefined: the lease has not ended.
   */
  lost: number | undefined;
}

export class Leases {
  readonly #span: Micros;
  readonly #steady: () => Micros;
  readonly #wall: () => Micros;
  readonly #byWid = new Map<string, Lease>();

  /** `steady` measures the span; `wall` is used to report when a lease ends. */
  constructor(span: Micros, steady: () => Micros, wall = steady) {
    this.#span = span;
    this.#steady = steady;
    this.#wall = wall;
  }

  /** Renews the worker's lease for a whole span, or creates it. */
  heard(wid: string): Lease {
    const until = this.#steady() + this.#span;
    const known = this.#byWid.get(wid);
    if (known) {
      known.until = Math.max(known.until, until);
      known.lost = undefined;
      return known;
    }
    this.ended(); // deletes ended leases without reservations, so that the map does not grow
    const lease: Lease = { wid, until, holds: 0, lost: undefined };
    this.#byWid.set(wid, lease);
    return lease;
  }

  /** Returns the lease unchanged. After a restart the worker has none yet and gets a whole span. */
  known(wid: string): Lease {
    return this.#byWid.get(wid) ?? this.heard(wid);
  }

  /** Renews the lease of a worker; does nothing when it has none. */
  beat(wid: string): void {
    if (this.#byWid.has(wid)) this.heard(wid);
  }

  /** When the first lease with reservations ends, by the wall clock; undefined: there is none. */
  earliest(): Micros | undefined {
    let earliest: Micros | undefined;
    for (const { holds, until } of this.#byWid.values()) {
      if (holds > 0 && (earliest === undefined || until < earliest)) earliest = until;
    }
    return earliest === undefined ? undefined : this.#onWall(earliest);
  }

  /** When the reservations of this lease end, by the present wall clock. */
  endOf({ until }: Lease): Micros {
    return this.#onWall(until);
  }

  #onWall(until: Micros): Micros {
    return this.#wall() + (until - this.#steady());
  }

  /** Whether the lease has ended. */
  isOver({ until }: Lease): boolean {
    return until <= this.#steady();
  }

  /** Returns the ended leases that have reservations; deletes the ended leases without any. */
  ended(): Lease[] {
    const now = this.#steady();
    const over = [...this.#byWid.values()].filter(({ until }) => until <= now);
    for (const { wid, holds } of over) if (holds === 0) this.#byWid.delete(wid);
    const lost = over.filter(({ holds }) => holds > 0);
    for (const lease of lost) lease.lost = Math.max(lease.lost ?? 0, lease.holds);
    return lost;
  }

  /** Resets the number of reservations, before the working set counts them again. */
  recount(): void {
    for (const lease of this.#byWid.values()) lease.holds = 0;
  }
}
