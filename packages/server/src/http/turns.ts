/**
 * Turns: how many requests of one caller are served at once. The others of that caller wait, in their order and up to a bound, so that one
 * page or script keeps nobody else waiting. Searches and other requests that cost much have fewer places.
 */
import { FaktoryError } from '@faktory-ts/protocol';

const MOST = 8; // requests of a caller at once
const MOST_COSTLY = 3; // of them, those that cost much
const MOST_WAITING = 100; // requests of a caller

interface Waiting {
  readonly costly: boolean;
  readonly start: () => void;
}

interface Caller {
  running: number;
  costly: number;
  readonly waiting: Set<Waiting>;
}

export class Turns {
  readonly #callers = new Map<string, Caller>();
  readonly #most: number;

  /** `most`: requests of a caller at once. */
  constructor(most = MOST) {
    this.#most = most;
  }

  /**
   * Resolves when it is this request's turn, to what ends the turn; undefined when the signal was aborted first. Throws LIMIT when too many
   * requests of the caller wait.
   */
  take(name: string, costly: boolean, gone: AbortSignal): Promise<(() => void) | undefined> {
    const caller = this.#callers.get(name) ?? { running: 0, costly: 0, waiting: new Set() };
    if (caller.waiting.size >= MOST_WAITING) {
      const text = `${MOST_WAITING} of your requests wait already; send fewer at once, and try again in some seconds`;
      throw new FaktoryError('LIMIT', text);
    }
    this.#callers.set(name, caller);
    return new Promise((resolve) => {
      const leave = (): void => {
        caller.waiting.delete(request);
        this.#forget(name, caller);
        resolve(undefined);
      };
      const start = (): void => {
        gone.removeEventListener('abort', leave);
        resolve(() => this.#end(name, caller, costly));
      };
      const request: Waiting = { costly, start };
      caller.waiting.add(request);
      if (gone.aborted) leave();
      else gone.addEventListener('abort', leave, { once: true });
      this.#next(caller);
    });
  }

  /** Callers that are served now. */
  get size(): number {
    return this.#callers.size;
  }

  #next(caller: Caller): void {
    for (const request of caller.waiting) {
      if (caller.running >= this.#most) return;
      if (request.costly && caller.costly >= MOST_COSTLY) continue;
      caller.waiting.delete(request);
      caller.running += 1;
      if (request.costly) caller.costly += 1;
      request.start();
    }
  }

  #end(name: string, caller: Caller, costly: boolean): void {
    caller.running -= 1;
    if (costly) caller.costly -= 1;
    this.#next(caller);
    this.#forget(name, caller);
  }

  #forget(name: string, caller: Caller): void {
    if (caller.running === 0 && caller.waiting.size === 0 && this.#callers.get(name) === caller)
      this.#callers.delete(name);
  }
}
