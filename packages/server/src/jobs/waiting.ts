/**
 * Parked fetches: which fetch waits for which queues, and which one is woken when a job is ready.
 *
 * One waiter is woken per ready job, the longest-waiting first. A woken waiter keeps its turn until
 * it has a job, because another fetch may take the job first; then it waits on. A wake-up that its
 * waiter cannot use (it took a job from another queue, or its socket closed) is signalled again. So
 * no ready job stays beside a waiter.
 *
 * A job may become ready after a fetch found nothing and before it parks. So signals that woke no
 * waiter are numbered, and a fetch checks for new ones before it parks. A signal that woke a waiter
 * belongs to that waiter, not to a fetch that came later.
 */

/** The number of the last signal that woke no waiter. */
export type Mark = number;

/** A parked fetch. */
export interface Waiter {
  readonly queues: readonly string[];
  /** Ends the wait, with the queue that is ready. Undefined while the fetch is awake. */
  wake: ((queue: string | undefined) => void) | undefined;
}

const MOST_UNCLAIMED = 10_000; // queues: clients choose their names

export class Waiting {
  /** Waiters by queue, in order of arrival. There are no empty sets. */
  readonly #byQueue = new Map<string, Set<Waiter>>();
  readonly #waiters = new Set<Waiter>();
  readonly #unclaimed = new Map<string, Mark>();
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

  /**
   * Whether a signal after the mark, for one of these queues, woke no waiter. May be true without
   * one, because only signals of some thousand queues are kept: the fetch then tries once more.
   */
  unclaimedSince(mark: Mark, queues: readonly string[]): boolean {
    if (this.#signals === mark) return false;
    return mark < this.#lost || queues.some((queue) => (this.#unclaimed.get(queue) ?? 0) > mark);
  }

  /**
   * The queues without a sleeping waiter. A new fetch skips the others: they have no ready job, and
   * their next job belongs to the waiter.
   */
  withoutWaiters(queues: readonly string[]): readonly string[] {
    if (this.#byQueue.size === 0) return queues;
    return queues.filter((queue) => !this.#hasSleeper(queue));
  }

  #hasSleeper(queue: string): boolean {
    for (const waiter of this.#byQueue.get(queue) ?? []) if (waiter.wake) return true;
    return false;
  }

  /** Waits for these queues, until `leave`. */
  join(queues: readonly string[]): Waiter {
    const waiter: Waiter = { queues, wake: undefined };
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
   * Resolves to the queue that is ready; undefined after `time` ms, or when the signal fires or the
   * server stops.
   */
  next(waiter: Waiter, time: number, signal: AbortSignal): Promise<string | undefined> {
    if (time <= 0 || signal.aborted || this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (queue: string | undefined): void => {
        waiter.wake = undefined;
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        resolve(queue);
      };
      const abort = (): void => end(undefined);
      const timer = setTimeout(end, time, undefined);
      signal.addEventListener('abort', abort);
      waiter.wake = end;
    });
  }

  /**
   * `count` jobs became ready: wakes as many waiters, the longest-waiting first. Returns whether it
   * woke one.
   */
  signal(queue: string, count: number): boolean {
    let left = count;
    for (const waiter of this.#byQueue.get(queue) ?? []) {
      if (left === 0) break;
      if (!waiter.wake) continue;
      left -= 1;
      waiter.wake(queue);
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

  /** Ends all waits without a queue; later waits end at once. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.wake?.(undefined);
  }
}
