/**
 * An answer that costs this thread time, and is the same for all who ask: made once for those that ask meanwhile, and after it took some
 * time not again for as long. Whoever asks gets one that was begun after the question.
 */
import { setTimeout as pause } from 'node:timers/promises';

const LONGEST_REST = 500; // ms

export class SharedRun<T> {
  readonly #make: () => Promise<T>;
  /** The one that has not begun. */
  #next: Promise<T> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #restUntil = 0;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    this.#next ??= this.#run();
    return this.#next;
  }

  async #run(): Promise<T> {
    const before = this.#last;
    let done = (): void => undefined;
    this.#last = new Promise<void>((resolve) => {
      done = resolve;
    });
    await before;
    const rest = this.#restUntil - performance.now();
    if (rest > 0) await pause(rest, undefined, { ref: false });
    const begun = performance.now();
    this.#next = undefined;
    try {
      return await this.#make();
    } finally {
      const now = performance.now();
      this.#restUntil = now + Math.min(now - begun, LONGEST_REST);
      done();
    }
  }
}

/** One shared run for each key, for as long as the key lives. */
export function sharedBy<Key extends object, T>(make: (key: Key) => Promise<T>): (key: Key) => Promise<T> {
  const runs = new WeakMap<Key, SharedRun<T>>();
  return (key) => {
    let run = runs.get(key);
    if (run === undefined) {
      run = new SharedRun(() => make(key));
      runs.set(key, run);
    }
    return run.get();
  };
}
