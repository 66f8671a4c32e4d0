/**
 * Parked fetches: who waits for which queues, and who is woken when a job becomes ready.
 *
 * One waiter is woken per ready job, the longest waiting first. A woken waiter keeps its place in line until it has a
 * job, because another fetch may be quicker; it then waits on. A wake-up that its waiter cannot use (it took a job
 * from another queue, or its socket died) is signalled again, so no ready job is ever left beside a waiter.
 *
 * The gap between "the engine had nothing" and "parked" is closed by marks: signals that woke nobody are numbered, and a
 * fetch looks whether one came in the gap before it parks. What woke somebody is theirs, not the newcomer's.
 */

/** A number that grows with each signal that woke nobody. */
export type Mark = number;

/** A place in line. */
export interface Waiter {
  readonly queues: readonly string[];
  /** Ends the wait, with the queue that is ready. Undefined while its owner is awake. */
  wake: ((queue: string | undefined) => void) | undefined;
}

export class Waiting {
  /** Who waits for a queue, in order of arrival. A set is only there while somebody is in it. */
  readonly #lines = new Map<string, Set<Waiter>>();
  readonly #places = new Set<Waiter>();
  readonly #unclaimed = new Map<string, Mark>();
  #signals: Mark = 0;
  #closed = false;

  /** The number of the last unclaimed signal, for a later `unclaimedSince`. */
  get mark(): Mark {
    return this.#signals;
  }

  /** How many fetches are parked. */
  get size(): number {
    return this.#places.size;
  }

  /** Whether a job became ready for nobody in one of the queues after the mark. */
  unclaimedSince(mark: Mark, queues: readonly string[]): boolean {
    return this.#signals !== mark && queues.some((queue) => (this.#unclaimed.get(queue) ?? 0) > mark);
  }

  /** Those queues in which nobody waits. In the others nothing is ready, and what comes is for those in line. */
  withoutLine(queues: readonly string[]): readonly string[] {
    if (this.#lines.size === 0) return queues;
    return queues.filter((queue) => !this.#hasSleeper(queue));
  }

  #hasSleeper(queue: string): boolean {
    for (const place of this.#lines.get(queue) ?? []) if (place.wake) return true;
    return false;
  }

  /** Stands in line for these queues, until `leave`. */
  join(queues: readonly string[]): Waiter {
    const place: Waiter = { queues, wake: undefined };
    this.#places.add(place);
    for (const queue of queues) {
      const line = this.#lines.get(queue);
      if (line) line.add(place);
      else this.#lines.set(queue, new Set([place]));
    }
    return place;
  }

  leave(place: Waiter): void {
    this.#places.delete(place);
    for (const queue of place.queues) {
      const line = this.#lines.get(queue);
      line?.delete(place);
      if (line?.size === 0) this.#lines.delete(queue);
    }
  }

  /** The queue that is ready; undefined when the time (ms) is over, the caller is gone, or the server stops. */
  next(place: Waiter, time: number, signal: AbortSignal): Promise<string | undefined> {
    if (time <= 0 || signal.aborted || this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (queue: string | undefined): void => {
        place.wake = undefined;
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        resolve(queue);
      };
      const abort = (): void => end(undefined);
      const timer = setTimeout(end, time, undefined);
      signal.addEventListener('abort', abort);
      place.wake = end;
    });
  }

  /** `count` jobs became ready: wakes as many of those who wait, the longest waiting first. Says whether it woke any. */
  signal(queue: string, count: number): boolean {
    let left = count;
    for (const place of this.#lines.get(queue) ?? []) {
      if (left === 0) break;
      if (!place.wake) continue;
      left -= 1;
      place.wake(queue);
    }
    if (left > 0) {
      this.#signals += 1;
      this.#unclaimed.set(queue, this.#signals);
    }
    return left < count;
  }

  /** Ends every wait with nothing, for good: the server stops. */
  close(): void {
    this.#closed = true;
    for (const place of this.#places) place.wake?.(undefined);
  }
}
