/**
 * Says which gates are open, lets hand-outs pass, and finds out when a closed gate opens. Its methods run inside a turn.
 *
 * A gate that a fetch found closed is watched, with the queues of the fetches that named it, until it opens. The watch
 * is not undone by a rollback: one too many costs a fetch that finds nothing, one too few would let a job lie.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Gate } from '../../engine.ts';
import type { Database } from './binding.ts';
import { Rates } from './rates.ts';
import { type GateStore, type Slot, type SlotHolder, Slots } from './slots.ts';

/** A gate has opened. */
export interface Opening {
  readonly queue: string;
  readonly key: string;
  /** How many hand-outs may pass now. */
  readonly room: number;
}

interface Watch {
  gate: Gate;
  readonly queues: Set<string>;
}

type Kind = Gate['gate'];

const NONE: readonly Opening[] = [];

export class Gates {
  readonly #store: GateStore;
  readonly #slots: Slots;
  readonly #rates: Rates;
  readonly #watched: Record<Kind, Map<string, Watch>> = { slots: new Map(), rate: new Map() };
  /** Watched gates that may be open now. */
  readonly #changed: Record<Kind, Set<string>> = { slots: new Set(), rate: new Set() };
  /** Openings that the open transaction has announced. */
  #announced: Watch[] = [];
  /** Whether the open transaction changed something. */
  #dirty = false;

  constructor(store: GateStore) {
    this.#store = store;
    this.#slots = new Slots(store);
    this.#rates = new Rates(store);
  }

  /** Loads everything from the file, after the working set. */
  load(db: Database): void {
    this.#slots.load(db);
    this.#rates.load(db);
    this.#dirty = false;
  }

  /** How many hand-outs may pass all these gates now. */
  room(gates: readonly Gate[]): number {
    this.#reclaim();
    return gates.reduce((least, gate) => Math.min(least, this.#roomOf(gate)), Number.POSITIVE_INFINITY);
  }

  /** A job passes: takes its slots. Returns when the first of them can be over; undefined: it takes none. */
  takeSlots(gates: readonly Gate[], holder: SlotHolder): Micros | undefined {
    this.#dirty = true;
    let earliest: Micros | undefined;
    for (const gate of gates) {
      if (gate.gate !== 'slots') continue;
      const end = this.#slots.take(gate, holder);
      if (earliest === undefined || end < earliest) earliest = end;
    }
    return earliest;
  }

  /** So many jobs passed: counts them at their rates. */
  spend(gates: readonly Gate[], count: number): void {
    for (const gate of gates) if (gate.gate === 'rate') this.#rates.spend(gate, count);
    this.#dirty = true;
  }

  /** Watches the first closed gate of this queue. Returns it; undefined: the queue is open. */
  watchClosed(gates: readonly Gate[], queue: string): Gate | undefined {
    const closed = gates.find((gate) => this.#roomOf(gate) === 0);
    if (!closed) return undefined;
    const watched = this.#watched[closed.gate];
    const known = watched.get(closed.key);
    if (known) {
      if (opensBefore(closed, known.gate)) known.gate = closed;
      known.queues.add(queue);
    } else watched.set(closed.key, { gate: closed, queues: new Set([queue]) });
    return closed;
  }

  /** When a closed gate opens by itself; undefined: only an end of a reservation opens it. */
  opensAt(gate: Gate): Micros | undefined {
    return gate.gate === 'rate' ? this.#rates.opensAt(gate) : undefined;
  }

  /** The reservation ends: frees its slots. */
  release(reservationId: number): void {
    if (this.#slots.isEmpty) return;
    this.#freed(this.#slots.release(reservationId));
  }

  /** Frees what is over, and looks which rates have opened. */
  lapse(): void {
    this.#reclaim();
    const now = this.#store.clock();
    for (const [key, { gate }] of this.#watched.rate)
      if ((this.opensAt(gate) ?? now) <= now) this.#changed.rate.add(key);
  }

  /** When `lapse` has something to do; undefined: never. */
  nextLapse(): Micros | undefined {
    let earliest = this.#slots.soonest;
    for (const { gate } of this.#watched.rate.values())
      earliest = Math.min(earliest, this.opensAt(gate) ?? earliest);
    return earliest === Number.POSITIVE_INFINITY ? undefined : earliest;
  }

  beat(wid: string): void {
    this.#slots.beat(wid);
  }

  /**
   * The wall clock was set by so many microseconds: moves all times in memory, before an operation compares them with
   * the new time. Returns the slots whose ends `writeEnds` has to move on disk.
   */
  moveEnds(by: Micros): readonly Slot[] {
    this.#rates.moveEnds(by);
    return this.#slots.moveEnds(by);
  }

  writeRates(): void {
    this.#rates.writeAll();
  }

  writeEnds(slots: readonly Slot[]): void {
    for (const slot of slots) this.#slots.writeEnd(slot);
  }

  /** A flush has deleted the rows: opens all gates. */
  clear(): void {
    this.#freed(this.#slots.clear());
    this.#rates.clear();
    for (const key of this.#watched.rate.keys()) this.#changed.rate.add(key);
    this.#dirty = true;
  }

  /** The watched gates that have opened since the last call, once for each queue. */
  opened(): readonly Opening[] {
    const { slots, rate } = this.#changed;
    if (slots.size === 0 && rate.size === 0) return NONE;
    const openings = [...this.#openedOf('slots'), ...this.#openedOf('rate')];
    slots.clear();
    rate.clear();
    return openings;
  }

  *#openedOf(kind: Kind): Generator<Opening> {
    for (const key of this.#changed[kind]) {
      const watch = this.#watched[kind].get(key);
      const room = watch ? this.#roomOf(watch.gate) : 0;
      if (!watch || room === 0) continue;
      this.#watched[kind].delete(key);
      this.#announced.push(watch);
      for (const queue of watch.queues) yield { queue, key, room };
    }
  }

  /** Call it when the open transaction is committed and announced. */
  commit(): void {
    this.#dirty = false;
    if (this.#announced.length > 0) this.#announced = [];
  }

  /** Call it when the open transaction is rolled back, after the working set. */
  rollback(db: Database): void {
    for (const { gate, queues } of this.#announced) {
      const known = this.#watched[gate.gate].get(gate.key);
      if (known) for (const queue of queues) known.queues.add(queue);
      else this.#watched[gate.gate].set(gate.key, { gate, queues });
      this.#changed[gate.gate].add(gate.key); // it may be open all the same
    }
    this.#announced = [];
    if (this.#dirty) this.load(db);
  }

  #roomOf(gate: Gate): number {
    if (gate.gate === 'rate') return this.#rates.room(gate);
    return Math.max(gate.limit - this.#slots.taken(gate.key), 0);
  }

  #reclaim(): void {
    this.#freed(this.#slots.reclaim());
  }

  #freed(keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.#dirty = true;
    for (const key of keys) this.#changed.slots.add(key);
  }
}

/** Whether a gate opens before another one of its key: its limits may have changed between two fetches. */
function opensBefore(gate: Gate, other: Gate): boolean {
  if (gate.gate === 'rate' && other.gate === 'rate')
    return (gate.burst - 1) * gate.per > (other.burst - 1) * other.per;
  return gate.gate === 'slots' && other.gate === 'slots' && gate.limit > other.limit;
}
