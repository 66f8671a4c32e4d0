/**
 * Shows whether the worker's event loop moves: its thread renews a mark in shared memory, and the
 * heart's thread reads it.
 *
 * Note: inside a thread a delay of the loop can be seen only after it is over; the other thread
 * sees it while it lasts.
 */

const interval = 250; // ms between marks
const MARK = 0; // ms of the last mark, since `base`
const LONGEST = 1; // longest delay in ms since it was last asked

/** The memory that both threads share. */
export interface PulseMemory {
  shared: SharedArrayBuffer;
  /** Start in ms by the system's monotonic clock, which all threads share. */
  base: number;
}

const now = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** The side of the thread that runs jobs. */
export class Pulse {
  readonly memory: PulseMemory = { shared: new SharedArrayBuffer(8), base: now() };
  readonly #values = new Int32Array(this.memory.shared);
  readonly #onLag: (ms: number) => void;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param onLag called four times a second with the delay of the loop in milliseconds, zero
   * included
   */
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

/** The heart's side. */
export class PulseReader {
  readonly #base: number;
  readonly #values: Int32Array;

  constructor({ shared, base }: PulseMemory) {
    this.#base = base;
    this.#values = new Int32Array(shared);
  }

  /** Milliseconds that the loop is late; some hundred are normal. */
  get still(): number {
    return Math.max(0, now() - this.#base - Atomics.load(this.#values, MARK) - interval);
  }

  /** The longest delay in milliseconds since the last call, including a current one. */
  takeLag(): number {
    return Math.max(this.still, Atomics.exchange(this.#values, LONGEST, 0));
  }
}
