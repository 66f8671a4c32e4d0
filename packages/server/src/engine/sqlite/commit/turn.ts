/**
 * Commits all operations of one event-loop turn in one transaction with one sync. Knows nothing of
 * jobs.
 *
 * Operations run in the order of their calls. Their promises settle only after the commit. An
 * operation that throws a FaktoryError failed a check before its first write: only that operation
 * is rejected. Any other error is a storage fault: the whole transaction is rolled back and every
 * operation is rejected. A failed read rejects only itself while the turn has written nothing.
 *
 * Note: operations wait for a lock of another process between turns, because SQLite's own wait
 * would block the event loop. An operation that finds the store locked has changed nothing, so it
 * runs again from its start, for up to two seconds. Operations that only read finish meanwhile and
 * see the last commit.
 *
 * A turn stays open for a moment (gather.ts), because clients send their next command within
 * microseconds of a reply. A single client never waits.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { Histogram, StorageErrors } from '../../engine.ts';
import { isLocked, kindOf } from './error-kind.ts';
import { Gather } from './gather.ts';

const PATIENCE = 2000; // ms that an operation waits for a lock of another process
const RETRY_AFTER = 5; // ms

/** What a turn needs from the store. */
export interface Transaction {
  begin(): void;
  /**
   * Called after the operations of the turn have run: notifies listeners of ready jobs.
   * Returns true when a listener calls an operation at once, which then joins this turn.
   */
  announce(): boolean;
  /** Does the last writes and commits; returns when the commit is as durable as configured. */
  commit(): void;
  rollback(): void;
  /** Called after all promises are settled: notifies listeners of what the commit changed. */
  settled(): void;
}

/**
 * The file differs from what the engine has counted. No operation is safe any more, so this error
 * leaves the event loop uncaught: the process ends, and the restart counts again.
 */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** Thrown to an operation that wants to write while another process holds the lock. */
class Locked extends Error {
  override readonly name = 'Locked';
}

interface Operation {
  run(): unknown;
  /** `run` returns a generator: the operation runs in parts. */
  readonly inParts: boolean;
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

export class Turn {
  readonly #transaction: Transaction;
  readonly #gather = new Gather();
  #operations: Operation[] = [];
  /** How many of `#operations` have run in this turn. */
  #done = 0;
  #open = false;
  #announced = false;
  #scheduled = false;
  /** Another process holds the lock, so operations that write must wait. */
  #locked = false;
  readonly #errors: StorageErrors;
  /** Since the start: commits, their operations, and the seconds that commits and syncs took. */
  readonly figures = {
    commits: 0,
    operations: 0,
    seconds: 0,
    times: new Histogram([0.0001, 0.0002, 0.0004, 0.0008, 0.0016, 0.0032, 0.0064, 0.0128, 0.05, 0.2, 1]),
    batches: new Histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]),
  };

  constructor(transaction: Transaction, errors = new StorageErrors()) {
    this.#transaction = transaction;
    this.#errors = errors;
  }

  /** Runs the operation in the current turn. The promise settles after the commit. */
  run<T>(operation: () => T): Promise<T> {
    return this.#add(operation, false);
  }

  /**
   * The same for a long operation that is split by `yield`. The event loop continues between the
   * parts, while the turn stays open and later operations wait.
   */
  runInParts<T>(operation: () => Generator<void, T>): Promise<T> {
    return this.#add(operation, true);
  }

  /**
   * Runs a read at once, outside any turn.
   * Note: it sees uncommitted writes of the open turn, which a failed commit undoes. A write that
   * depends on the result must check it again.
   */
  async read<T>(operation: () => T): Promise<T> {
    try {
      return operation();
    } catch (error) {
      if (error instanceof FaktoryError) throw error;
      if (error instanceof BrokenInvariant)
        setImmediate(() => {
          throw error;
        });
      throw this.#reported(error, 1);
    }
  }

  #add<T>(operation: () => unknown, inParts: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#operations.push({
        run: operation,
        inParts,
        parts: undefined,
        resolve,
        reject,
        value: undefined,
        refused: false,
        lockedAt: undefined,
        waits: false,
      });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(this.#end);
    });
  }

  /**
   * An operation calls this before its first write; it opens the transaction. A turn of reads has
   * none.
   */
  begin(): void {
    if (this.#open) return;
    if (this.#locked) throw new Locked('database is locked');
    this.#transaction.begin();
    this.#open = true;
  }

  readonly #end = (): void => {
    const amidst = this.#operations[this.#done]?.parts !== undefined;
    const wait = !amidst && !this.#announced && this.#gather.wait(this.#operations.length);
    try {
      if (this.#operations[0]?.lockedAt !== undefined) this.#tryBegin();
      // Run the operations that are here while waiting for more, so that the last one to arrive
      // does not wait for them. Running each operation when it is called took a fifth longer:
      // sockets and SQLite then compete for the processor's caches.
      while (this.#done < this.#operations.length) {
        if (!this.#attempt(this.#operations[this.#done] as Operation)) {
          setImmediate(this.#end);
          return;
        }
        this.#done += 1;
      }
      if (this.#locked) {
        this.#postpone();
        return;
      }
      if (wait || this.#invite()) {
        setImmediate(this.#end);
        return;
      }
      if (this.#open) this.#commit(this.#done);
    } catch (error) {
      this.#fail(this.#close(), error);
      return;
    }
    for (const operation of this.#close()) settle(operation);
    this.#transaction.settled();
  };

  /**
   * Opens the transaction for operations that waited for the lock; they keep waiting when it is
   * still held.
   */
  #tryBegin(): void {
    try {
      this.begin();
    } catch (error) {
      if (!isLocked(error)) throw error;
      this.#locked = true;
    }
  }

  /** Runs the operation, or its next part. Returns false when more parts follow. */
  #attempt(operation: Operation): boolean {
    if (this.#locked && operation.lockedAt !== undefined) {
      operation.waits = true;
      return true;
    }
    try {
      if (operation.inParts) return nextPart(operation);
      operation.value = operation.run();
    } catch (error) {
      operation.parts = undefined;
      if (error instanceof FaktoryError) {
        operation.value = error;
        operation.refused = true;
      } else if (!this.#open && (error instanceof Locked || isLocked(error))) {
        // Later operations that write must not overtake it, so they wait too.
        this.#locked = operation.waits = true;
        operation.lockedAt ??= performance.now();
      } else if (!this.#open && kindOf(error) !== 'other') {
        // Nothing is written in this turn yet: reject only this operation.
        operation.value = this.#reported(error, 1);
        operation.refused = true;
      } else throw error;
    }
    return true;
  }

  /**
   * Settles the operations that did not wait for the lock. The others run again in 5 ms, or fail
   * after 2 s.
   */
  #postpone(): void {
    const operations = this.#close();
    this.#locked = false;
    const now = performance.now();
    const isOver = ({ lockedAt = now }: Operation): boolean => now - lockedAt >= PATIENCE;
    const again = operations.filter((operation) => operation.waits && !isOver(operation));
    const over = operations.filter((operation) => operation.waits && isOver(operation));
    this.#operations = again;
    if (again.length > 0) {
      this.#scheduled = true;
      setTimeout(this.#end, RETRY_AFTER);
    }
    if (over.length > 0) this.#refuse(over, new Locked('database is locked by another process'));
    for (const operation of operations) {
      if (!operation.waits) settle(operation);
      operation.waits = false;
    }
    this.#transaction.settled();
  }

  #refuse(operations: readonly Operation[], cause: unknown): void {
    const error = this.#reported(cause, operations.length);
    for (const operation of operations) operation.reject(error);
  }

  #reported(cause: unknown, operations: number): FaktoryError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#errors.report(cause instanceof Locked ? 'locked' : kindOf(cause), reason, operations);
    return new FaktoryError('STORAGE', `storage failed: ${reason}`, { cause });
  }

  /**
   * Once a turn: lets fetches that wait for jobs of this turn join it, so that both share one
   * commit.
   */
  #invite(): boolean {
    if (this.#announced || !this.#open) return false;
    this.#announced = true;
    return this.#transaction.announce();
  }

  #close(): readonly Operation[] {
    const operations = this.#operations;
    this.#operations = [];
    this.#done = 0;
    this.#announced = false;
    this.#scheduled = false;
    return operations;
  }

  #commit(operations: number): void {
    const started = performance.now();
    this.#transaction.commit();
    this.#open = false;
    const time = performance.now() - started;
    this.#gather.committed(time);
    this.figures.seconds += time / 1000;
    this.figures.times.add(time / 1000);
    this.figures.batches.add(operations);
    this.figures.commits += 1;
    this.figures.operations += operations;
    this.#errors.committed();
  }

  #fail(operations: readonly Operation[], cause: unknown): void {
    if (this.#open && !(cause instanceof BrokenInvariant)) this.#transaction.rollback();
    this.#open = false;
    this.#locked = false;
    for (const operation of operations) operation.waits = false;
    this.#refuse(operations, cause);
    if (cause instanceof BrokenInvariant) throw cause;
  }
}

function nextPart(operation: Operation): boolean {
  operation.parts ??= operation.run() as Generator<void, unknown>;
  const { done = false, value } = operation.parts.next();
  if (!done) return false;
  operation.value = value;
  operation.parts = undefined;
  return true;
}

function settle(operation: Operation): void {
  if (operation.refused) operation.reject(operation.value);
  else operation.resolve(operation.value as never);
}
