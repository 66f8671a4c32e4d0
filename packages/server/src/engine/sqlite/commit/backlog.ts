/**
 * Holds the operations that wait for a turn, and decides which one runs next.
 *
 * Short operations run in the order of their calls. A long operation runs after every operation
 * that was called before it; short operations that were called after it may overtake it. A turn
 * that has run a short operation starts no long one, so that replies to short operations do not
 * wait for it. The next turn then starts with the long one, so that it does not starve.
 */
export interface Operation {
  run(): unknown;
  /** `run` returns a generator: the operation runs in parts. */
  readonly inParts: boolean;
  readonly isLong: boolean;
  /** Number of the call. */
  readonly number: number;
  /** The generator while the operation is between two parts; undefined before the first. */
  parts: Generator<void, unknown> | undefined;
  resolve(value: never): void;
  reject(error: unknown): void;
  value: unknown;
  refused: boolean;
  /** When the operation first found the store locked; undefined: never. */
  lockedAt: number | undefined;
  /** The operation found the store locked in this turn. */
  waits: boolean;
}

export class Backlog {
  #short: Operation[] = [];
  /** How many of `#short` have run in this turn. */
  #done = 0;
  #long: Operation[] = [];
  /** Long operations that have run in this turn. */
  #longDone: Operation[] = [];
  #longFirst = false;
  #numbers = 0;

  add(operation: Omit<Operation, 'number'>): void {
    const { isLong } = operation;
    (isLong ? this.#long : this.#short).push(Object.assign(operation, { number: ++this.#numbers }));
  }

  /** How many operations wait or have run in this turn. */
  get size(): number {
    return this.#short.length + this.#long.length + this.#longDone.length;
  }

  /** How many operations have run in this turn. */
  get done(): number {
    return this.#done + this.#longDone.length;
  }

  /** Whether this turn has run a long operation or can start one. */
  get hasLong(): boolean {
    return this.#longDone.length > 0 || this.#nextLong() !== undefined;
  }

  /** Whether the first operation of a queue waits for the lock of the store. */
  get isLocked(): boolean {
    return this.#short[0]?.lockedAt !== undefined || this.#long[0]?.lockedAt !== undefined;
  }

  /** Returns the operation to run now; undefined: none in this turn. */
  next(): Operation | undefined {
    return this.#nextLong() ?? this.#short[this.#done];
  }

  #nextLong(): Operation | undefined {
    const long = this.#long[0];
    if (long === undefined || this.#done > 0) return undefined;
    const short = this.#short[0];
    if (short === undefined || long.parts !== undefined) return long;
    if (short.parts !== undefined) return undefined; // it is between two parts
    return this.#longFirst && long.number < short.number ? long : undefined;
  }

  /** Marks the operation that `next` returned as run. */
  ran({ isLong }: Operation): void {
    if (isLong) this.#longDone.push(this.#long.shift() as Operation);
    else this.#done += 1;
  }

  /** Ends the turn: removes and returns the operations that have run. */
  take(): readonly Operation[] {
    const all = this.#done === this.#short.length;
    const short = all ? this.#short : this.#short.splice(0, this.#done);
    if (all) this.#short = [];
    const ran = this.#longDone.length > 0 ? [...this.#longDone, ...short] : short;
    this.#longFirst = this.#done > 0 && this.#long.length > 0;
    this.#longDone = [];
    this.#done = 0;
    return ran;
  }

  /** Removes and returns all operations. */
  takeAll(): readonly Operation[] {
    const all = [...this.#longDone, ...this.#short, ...this.#long];
    this.#short = [];
    this.#long = [];
    this.#longDone = [];
    this.#done = 0;
    return all;
  }

  /** Puts operations that `take` returned back to the front. */
  putBack(operations: readonly Operation[]): void {
    const long = operations.filter(({ isLong }) => isLong);
    this.#short.unshift(...operations.filter(({ isLong }) => !isLong));
    this.#long.unshift(...long);
    this.#longFirst ||= long.length > 0;
  }
}

/** Runs the next part. Returns false when more parts follow. */
export function nextPart(operation: Operation): boolean {
  operation.parts ??= operation.run() as Generator<void, unknown>;
  const { done = false, value } = operation.parts.next();
  if (!done) return false;
  operation.value = value;
  operation.parts = undefined;
  return true;
}

/** Settles the promise of the operation. */
export function settle(operation: Operation): void {
  if (operation.refused) operation.reject(operation.value);
  else operation.resolve(operation.value as never);
}
