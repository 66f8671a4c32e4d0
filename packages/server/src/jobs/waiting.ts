/**
 * Parked fetches: which fetch waits for which queues, and which one is woken when a job is ready.
 *
 * One waiter is woken per ready job, the longest-waiting first. A woken waiter keeps its turn until
 * it has a job, because another fetch may take the job first; then it waits on. A wake-up that its
 * waiter cannot use (it took a job from another queue, or its socket closed) is signalled again. So
 * no ready job stays beside a waiter.
 *
 * A queue that a gate closes for a waiter does not wake it; its wake-up goes to the next waiter. Which
 * gates are closed is known from the fetches that met them, until the engine reports that they opened.
 *
 * A job may become ready after a fetch found nothing and before it parks. So signals that woke no
 * waiter are numbered, and a fetch checks for new ones before it parks. A signal that woke a waiter
 * belongs to that waiter, not to a fetch that came later.
 */

import type { Gate, Gates, Taken } from '../engine/engine.ts';

/** The number of the last signal that woke no waiter. */
export type Mark = number;

/** Why a waiter was woken. */
export interface WakeUp {
  readonly queue: string;
  /** The key of the gate that opened; undefined: a job became ready. */
  readonly gate: string | undefined;
}

/** A parked fetch. */
export interface Waiter {
  readonly queues: readonly string[];
  /** Undefined: none. */
  readonly gates: Gates | undefined;
  /** Ends the wait; without a wake-up it is over. Undefined while the fetch is awake. */
  wake: ((why: WakeUp | undefined) => void) | undefined;
}

const MOST_UNCLAIMED = 10_000; // queues: clients choose their names

export class Waiting {
  /** Waiters by queue, in order of arrival. There are no empty sets. */
  readonly #byQueue = new Map<string, Set<Waiter>>();
  readonly #waiters = new Set<Waiter>();
  readonly #unclaimed = new Map<string, Mark>();
  /** Keys of closed gates by queue. The engine has promised to report each opening. */
  readonly #closedGates = new Map<string, Set<string>>();
  #openings = 0;
  #signals: Mark = 0;
  /** `#unclaimed` lost the signals up to this one. */
  #lost: Mark = 0;
  #closed = false;

  /** The number of the last unclaimed signal, for a later `unclaimedSince`. */
  get mark(): Mark {
    return this.#signals;
  }

  /** How many fetches are parked. */
  get size(): number {
    return this.#waiters.size;
  }

  /** How many openings of gates were reported, for a later `noteClosed`. */
  get openings(): number {
    return this.#openings;
  }

  /**
   * A fetch met these closed gates. Ignored if a gate has opened since the fetch was called, because
   * it may be one of them: then a waiter may be woken for nothing.
   */
  noteClosed(closed: Taken['closed'], openings: number): void {
    if (openings !== this.#openings) return;
    for (const [queue, key] of closed) {
      const keys = this.#closedGates.get(queue);
      if (keys) keys.add(key);
      else this.#closedGates.set(queue, new Set([key]));
    }
  }

  /**
   * Whether a signal after the mark, for a queue that is open for the waiter, woke no waiter. May be
   * true without one, because only signals of some thousand queues are kept: the fetch then tries
   * once more.
   */
  unclaimedSince(mark: Mark, waiter: Pick<Waiter, 'queues' | 'gates'>): boolean {
    if (this.#signals === mark) return false;
    const isNew = (queue: string): boolean =>
      (this.#unclaimed.get(queue) ?? 0) > mark && this.#isOpen(queue, waiter);
    return mark < this.#lost || waiter.queues.some(isNew);
  }

  /**
   * The queues without a sleeping waiter. A new fetch skips the others: they have no ready job, and
   * their next job belongs to the waiter. Does not count a waiter with a gate that the new fetch
   * does not have, because that gate may be what closes the queue.
   */
  withoutWaiters(queues: readonly string[], gates?: Gates): readonly string[] {
    if (this.#byQueue.size === 0) return queues;
    return queues.filter((queue) => !this.#hasSleeper(queue, gates?.get(queue)));
  }

  #hasSleeper(queue: string, gates: readonly Gate[] | undefined): boolean {
    for (const waiter of this.#byQueue.get(queue) ?? [])
      if (waiter.wake && hasAll(gates, waiter.gates?.get(queue))) return true;
    return false;
  }

  #isOpen(queue: string, { gates }: Pick<Waiter, 'gates'>): boolean {
    const closed = gates && this.#closedGates.get(queue);
    return !closed || !gates.get(queue)?.some(({ key }) => closed.has(key));
  }

  /** Waits for these queues, until `leave`. */
  join(queues: readonly string[], gates?: Gates): Waiter {
    const waiter: Waiter = { queues, gates, wake: undefined };
    this.#waiters.add(waiter);
    for (const queue of queues) {
      const waiters = this.#byQueue.get(queue);
      if (waiters) waiters.add(waiter);
      else this.#byQueue.set(queue, new Set([waiter]));
    }
    return waiter;
  }

  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    for (const queue of waiter.queues) {
      const waiters = this.#byQueue.get(queue);
      waiters?.delete(waiter);
      if (waiters?.size === 0) this.#byQueue.delete(queue);
    }
  }

  /**
   * Resolves to the reason to fetch again; undefined after `time` ms, or when the signal fires or
   * the server stops.
   */
  next(waiter: Waiter, time: number, signal: AbortSignal): Promise<WakeUp | undefined> {
    if (time <= 0 || signal.aborted || this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (why: WakeUp | undefined): void => {
        waiter.wake = undefined;
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        resolve(why);
      };
      const abort = (): void => end(undefined);
      const timer = setTimeout(end, time, undefined);
      signal.addEventListener('abort', abort);
      waiter.wake = end;
    });
  }

  /**
   * `count` jobs became ready, or can pass a `gate` that opened: wakes as many waiters, the
   * longest-waiting first. Returns whether it woke one.
   */
  signal(queue: string, count: number, gate?: string): boolean {
    if (gate !== undefined) this.#open(queue, gate);
    let left = count;
    for (const waiter of this.#byQueue.get(queue) ?? []) {
      if (left === 0) break;
      if (!waiter.wake || !this.#isOpen(queue, waiter)) continue;
      left -= 1;
      waiter.wake({ queue, gate });
    }
    if (left > 0) {
      if (this.#unclaimed.size >= MOST_UNCLAIMED) {
        this.#unclaimed.clear();
        this.#lost = this.#signals;
      }
      this.#signals += 1;
      this.#unclaimed.set(queue, this.#signals);
    }
    return left < count;
  }

  #open(queue: string, gate: string): void {
    this.#openings += 1;
    const closed = this.#closedGates.get(queue);
    closed?.delete(gate);
    if (closed?.size === 0) this.#closedGates.delete(queue);
  }

  /** Ends all waits without a queue; later waits end at once. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.wake?.(undefined);
  }
}

/** Whether all of `theirs` are in `gates`: then what closes the queue for them closes it here too. */
function hasAll(gates: readonly Gate[] | undefined, theirs: readonly Gate[] | undefined): boolean {
  if (!theirs) return true;
  return theirs.every((their) => gates?.some((gate) => isSame(gate, their)));
}

function isSame(one: Gate, other: Gate): boolean {
  if (one.key !== other.key) return false;
  if (one.gate === 'slots') return other.gate === 'slots' && one.limit === other.limit;
  return other.gate === 'rate' && one.per === other.per && one.burst === other.burst;
}
