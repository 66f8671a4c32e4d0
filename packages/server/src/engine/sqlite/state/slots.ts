/**
 * Holds the slots of gates: which reservations have one, by key. All of it is in memory; the table `slot` has the same
 * for the next start. Its methods run inside a turn.
 *
 * A slot whose time is over, or whose worker is silent, stays until `reclaim` meets it. `reclaim` looks only when the
 * first of them can be over, so a fetch pays nothing for many slots.
 *
 * Note: signs of life of workers are in memory only, as leases are. After a restart each worker has a whole span.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { SlotGate } from '../../engine.ts';
import type { Database, Value } from './binding.ts';
import { fromColumn, toColumn } from './column.ts';
import { type Leases, NO_END } from './leases.ts';
import { place } from './schema.ts';
import { endAfter } from './times.ts';

/** The members of the store that this file uses. */
export interface GateStore {
  readonly turn: { begin(): void };
  readonly clock: () => Micros;
  readonly steady: () => Micros;
  readonly leases: Leases;
  write(text: string, ...values: Value[]): void;
}

/** A reserved job that takes slots. */
export interface SlotHolder {
  /** job.id */
  readonly id: number;
  readonly reservationId: number;
  readonly wid: string;
  readonly leased: boolean;
}

/** Until when a worker is taken for alive, by the steady clock. A lease is one too. */
interface Life {
  readonly until: Micros;
}

/** The life of a worker without a lease. */
interface Beats extends Life {
  until: Micros;
  slots: number;
}

/** One slot of one reservation. */
export interface Slot {
  readonly key: string;
  readonly reservationId: number;
  /** By the wall clock. */
  until: Micros;
  /** Undefined: it never falls silent. */
  readonly life: Life | undefined;
  readonly wid: string;
}

const SILENCE: Micros = 60_000_000; // without a lease: from the last beat or hand-out
const MOST = 1000; // slots that one operation reclaims

const INSERT = 'INSERT INTO slot (reservation, key, job, until) VALUES (?, ?, ?, ?)';
const DELETE = 'DELETE FROM slot WHERE reservation = ?';
const DELETE_ONE = 'DELETE FROM slot WHERE reservation = ? AND key = ?';
const END = 'UPDATE slot SET until = ? WHERE reservation = ? AND key = ?';
const ALL = `SELECT slot.reservation, slot.key, slot.until, job.due, worker.wid FROM slot
  JOIN job ON job.id = slot.job AND job.seq = slot.reservation AND job.place = ${place.working}
  LEFT JOIN worker ON worker.id = job.wid ORDER BY slot.reservation`;

interface Row {
  reservation: number;
  key: string;
  until: number;
  due: number;
  wid: string | null;
}

export class Slots {
  readonly #store: GateStore;
  readonly #byKey = new Map<string, Set<Slot>>();
  readonly #byReservation = new Map<number, Slot[]>();
  readonly #beats = new Map<string, Beats>();
  /** No slot is over before this time; by the wall clock. */
  #soonest: Micros = Number.POSITIVE_INFINITY;

  constructor(store: GateStore) {
    this.#store = store;
  }

  /** Loads everything from the file, after the working set. */
  load(db: Database): void {
    const before = new Map(this.#byReservation);
    this.clear();
    for (const row of db.prepare(ALL).all() as unknown as Row[]) {
      const { reservation, due, wid } = row;
      const [key, name] = [fromColumn(row.key), fromColumn(wid ?? '')];
      // After a rollback memory is right: the clock may have been set, and the rows not moved yet.
      const known = before.get(reservation)?.find((slot) => slot.key === key);
      this.#add({
        key,
        reservationId: reservation,
        until: known?.until ?? row.until,
        wid: name,
        life: this.#lifeOf(name, due === NO_END),
      });
    }
    for (const [wid, { slots }] of this.#beats) if (slots === 0) this.#beats.delete(wid);
    this.#soonest = Number.NEGATIVE_INFINITY;
  }

  /** Whether no reservation has a slot. */
  get isEmpty(): boolean {
    return this.#byReservation.size === 0;
  }

  /** How many slots of the key are taken. */
  taken(key: string): number {
    return this.#byKey.get(key)?.size ?? 0;
  }

  /** Takes a slot. Returns when it can be over at the earliest. */
  take({ key, span }: SlotGate, { id, reservationId, wid, leased }: SlotHolder): Micros {
    const now = this.#store.clock();
    if (this.#byReservation.get(reservationId)?.some((slot) => slot.key === key)) return endAfter(now, span);
    const life = this.#lifeOf(wid, leased);
    if (life && !leased) (life as Beats).until = this.#store.steady() + SILENCE; // a hand-out is a sign of life
    const slot = { key, reservationId, until: endAfter(now, span), wid, life };
    this.#store.write(INSERT, reservationId, toColumn(key), id, slot.until);
    this.#add(slot);
    const end = this.#endOf(slot);
    this.#soonest = Math.min(this.#soonest, end);
    return end;
  }

  /** Frees the slots of a reservation. Returns their keys. */
  release(reservationId: number): readonly string[] {
    const slots = this.#byReservation.get(reservationId);
    if (!slots) return [];
    this.#store.turn.begin();
    this.#store.write(DELETE, reservationId);
    for (const slot of [...slots]) this.#remove(slot);
    return slots.map(({ key }) => key);
  }

  /** Frees slots that are over, some at a time. Returns their keys. */
  reclaim(): readonly string[] {
    const now = this.#store.clock();
    if (now < this.#soonest) return [];
    const over: Slot[] = [];
    let soonest: Micros = Number.POSITIVE_INFINITY;
    for (const slot of this.#all()) {
      const end = this.#endOf(slot);
      if (end <= now && over.length < MOST) over.push(slot);
      else soonest = Math.min(soonest, end);
    }
    if (over.length > 0) this.#store.turn.begin(); // before anything changes in memory
    for (const slot of over) {
      this.#store.write(DELETE_ONE, slot.reservationId, toColumn(slot.key));
      this.#remove(slot);
    }
    this.#soonest = soonest;
    return over.map(({ key }) => key);
  }

  /** No slot is over before this time. */
  get soonest(): Micros {
    if (this.#soonest === Number.NEGATIVE_INFINITY) {
      this.#soonest = Number.POSITIVE_INFINITY;
      for (const slot of this.#all()) this.#soonest = Math.min(this.#soonest, this.#endOf(slot));
    }
    return this.#soonest;
  }

  /** A sign of life of a worker; does nothing when it has no slot without a lease. */
  beat(wid: string): void {
    const known = this.#beats.get(wid);
    if (known) known.until = this.#store.steady() + SILENCE;
  }

  /** The wall clock was set: moves the ends in memory. `writeEnd` moves each of these on disk. */
  moveEnds(by: Micros): readonly Slot[] {
    const slots = [...this.#all()];
    for (const slot of slots) slot.until += by;
    this.#soonest = Number.NEGATIVE_INFINITY;
    return slots;
  }

  writeEnd({ until, reservationId, key }: Slot): void {
    this.#store.write(END, until, reservationId, toColumn(key));
  }

  /** Forgets all slots in memory. Returns their keys. */
  clear(): readonly string[] {
    const keys = [...this.#byKey.keys()];
    this.#byKey.clear();
    this.#byReservation.clear();
    for (const beats of this.#beats.values()) beats.slots = 0;
    this.#soonest = Number.POSITIVE_INFINITY;
    return keys;
  }

  *#all(): Generator<Slot> {
    for (const slots of this.#byReservation.values()) yield* slots;
  }

  #lifeOf(wid: string, leased: boolean): Life | undefined {
    if (leased) return this.#store.leases.known(wid);
    if (wid === '') return undefined;
    let known = this.#beats.get(wid);
    if (!known) {
      known = { until: this.#store.steady() + SILENCE, slots: 0 };
      this.#beats.set(wid, known);
    }
    return known;
  }

  #endOf({ until, life }: Slot): Micros {
    if (!life) return until;
    return Math.min(until, this.#store.clock() + (life.until - this.#store.steady()));
  }

  #add(slot: Slot): void {
    const ofKey = this.#byKey.get(slot.key);
    if (ofKey) ofKey.add(slot);
    else this.#byKey.set(slot.key, new Set([slot]));
    const ofReservation = this.#byReservation.get(slot.reservationId);
    if (ofReservation) ofReservation.push(slot);
    else this.#byReservation.set(slot.reservationId, [slot]);
    const beats = this.#beats.get(slot.wid);
    if (beats === slot.life && beats) beats.slots += 1;
  }

  #remove(slot: Slot): void {
    const ofKey = this.#byKey.get(slot.key);
    ofKey?.delete(slot);
    if (ofKey?.size === 0) this.#byKey.delete(slot.key);
    const left = this.#byReservation.get(slot.reservationId)?.filter((other) => other !== slot) ?? [];
    if (left.length > 0) this.#byReservation.set(slot.reservationId, left);
    else this.#byReservation.delete(slot.reservationId);
    const beats = this.#beats.get(slot.wid);
    if (!beats || beats !== slot.life) return;
    beats.slots -= 1;
    if (beats.slots === 0) this.#beats.delete(slot.wid);
  }
}
