/**
 * Workers whose reservations last as long as their beats come, and until when. In memory alone: a beat writes nothing to
 * the file. On disk such a reservation has no end of its own (`NO_END`), so a restart knows which they are and gives
 * their workers one whole span to be heard again.
 */
import type { Micros } from '@faktory-ts/protocol';

/** The `due` of a reservation that ends with its worker's lease. */
export const NO_END: Micros = Number.MAX_SAFE_INTEGER;

/** One worker that asked for it. */
export interface Lease {
  readonly wid: string;
  /** When its reservations end, if nothing is heard; by the steady clock. */
  until: Micros;
  /** How many reservations it has. */
  holds: number;
  /** How many it had when it was found silent: they end bite by bite. Undefined: it is heard. */
  lost: number | undefined;
}

export class Leases {
  readonly #span: Micros;
  readonly #steady: () => Micros;
  readonly #wall: () => Micros;
  readonly #byWid = new Map<string, Lease>();

  /** Spans are measured by `steady`; `wall` is for telling when they end. */
  constructor(span: Micros, steady: () => Micros, wall = steady) {
    this.#span = span;
    this.#steady = steady;
    this.#wall = wall;
  }

  /** The worker was heard: its lease, made when it has none, lasts a whole span from now. */
  heard(wid: string): Lease {
    const until = this.#steady() + this.#span;
    const known = this.#byWid.get(wid);
    if (known) {
      known.until = Math.max(known.until, until);
      known.lost = undefined;
      return known;
    }
    this.ended(); // the silent ones without jobs leave when a new one comes
    const lease: Lease = { wid, until, holds: 0, lost: undefined };
    this.#byWid.set(wid, lease);
    return lease;
  }

  /** The lease as it is; a worker that has none, after a restart, is given a whole span. */
  known(wid: string): Lease {
    return this.#byWid.get(wid) ?? this.heard(wid);
  }

  /** A sign of life; nothing to a worker without a lease. */
  beat(wid: string): void {
    if (this.#byWid.has(wid)) this.heard(wid);
  }

  /** When the first lease with reservations ends, by the wall clock; undefined means there is none. */
  earliest(): Micros | undefined {
    let earliest: Micros | undefined;
    for (const { holds, until } of this.#byWid.values()) {
      if (holds > 0 && (earliest === undefined || until < earliest)) earliest = until;
    }
    return earliest === undefined ? undefined : this.#onWall(earliest);
  }

  /** When the reservations of this lease end, by the wall clock of now. */
  endOf({ until }: Lease): Micros {
    return this.#onWall(until);
  }

  #onWall(until: Micros): Micros {
    return this.#wall() + (until - this.#steady());
  }

  /** Its worker was not heard in time. */
  isOver({ until }: Lease): boolean {
    return until <= this.#steady();
  }

  /** The workers that were not heard in time and have reservations. Forgets those that have none. */
  ended(): Lease[] {
    const now = this.#steady();
    const over = [...this.#byWid.values()].filter(({ until }) => until <= now);
    for (const { wid, holds } of over) if (holds === 0) this.#byWid.delete(wid);
    const lost = over.filter(({ holds }) => holds > 0);
    for (const lease of lost) lease.lost = Math.max(lease.lost ?? 0, lease.holds);
    return lost;
  }

  /** The reservations are counted anew. */
  recount(): void {
    for (const lease of this.#byWid.values()) lease.holds = 0;
  }
}
