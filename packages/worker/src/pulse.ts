/*
 * Whether the event loop of the worker moves: a mark in shared memory that its thread renews and the heart's thread reads.
 * It must never cost a worker that has nothing to do more than a few timers a second. A stranger would get wrong that the delay of
 * an event loop can be seen from inside only when it is over; from the other thread it is seen while it lasts.
 */

const interval = 250; // ms between marks
const MARK = 0; // ms of the last mark, since `base`
const LONGEST = 1; // longest delay in ms since it was last asked

/** What both threads know of the pulse. */
export interface PulseMemory {
  shared: SharedArrayBuffer;
  /** By the system's monotonic clock, which all threads share, in ms. */
  base: number;
}

const now = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** The side of the thread that runs jobs. */
export class Pulse {
  readonly memory: PulseMemory = { shared: new SharedArrayBuffer(8), base: now() };
  readonly #values = new Int32Array(this.memory.shared);
  readonly #onLag: (ms: number) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onLag told after the loop stood still, with the milliseconds; zeroes are told too */
  constructor(onLag: (ms: number) => void) {
    this.#onLag = onLag;
  }

  start(): void {
    this.#mark();
    this.#timer = setInterval(() => {
      const late = Math.max(0, now() - this.memory.base - Atomics.load(this.#values, MARK) - interval);
      if (late > Atomics.load(this.#values, LONGEST)) Atomics.store(this.#values, LONGEST, late);
      this.#mark();
      this.#onLag(late);
    }, interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #mark(): void {
    Atomics.store(this.#values, MARK, now() - this.memory.base);
  }
}

/** The side of the heart. */
export class PulseReader {
  readonly #base: number;
  readonly #values: Int32Array;

  constructor({ shared, base }: PulseMemory) {
    this.#base = base;
    this.#values = new Int32Array(shared);
  }

  /** Milliseconds since the loop last moved; up to some hundred are nothing. */
  get still(): number {
    return Math.max(0, now() - this.#base - Atomics.load(this.#values, MARK) - interval);
  }

  /** The longest delay since the last call, the one that lasts included. */
  takeLag(): number {
    return Math.max(this.still, Atomics.exchange(this.#values, LONGEST, 0));
  }
}
