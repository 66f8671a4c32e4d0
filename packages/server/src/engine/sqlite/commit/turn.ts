/**
 * Group commit: one turn of the event loop, one transaction, one sync. Knows nothing of jobs.
 *
 * Operations called during a turn are kept in order. They run one after another inside one transaction, it is committed
 * once, and only then are their promises settled. An operation that throws a
 * FaktoryError failed its own checks before its first write: it alone is refused. Any other throw is a fault of the
 * storage: the whole transaction is rolled back and every caller of the turn gets the error.
 *
 * A lock of another process is waited for between turns, never inside one (SQLite's own wait would hold the event loop): an operation that
 * finds the store locked has changed nothing, so it is run again from its start, for up to two seconds. Operations that only read go on
 * meanwhile and see the last commit.
 *
 * A turn *gathers*: clients that wait for replies come back within microseconds of a commit, so the turn stays open
 * for a moment (gather.ts) until about as many operations have come as clients are in step. A lone client never waits.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { Histogram, StorageErrors } from '../../engine.ts';
import { isLocked, kindOf } from './error-kind.ts';
import { Gather } from './gather.ts';

const PATIENCE = 2000; // ms, with a lock of another process
const TRY_AGAIN = 5; // ms

/** What a turn needs of the store. */
export interface Transaction {
  begin(): void;
  /** All operations of the turn have run: tells listeners what is ready. True: somebody will call an operation for it at once. */
  announce(): boolean;
  /** Last writes of the transaction, then its commit; returns when it is as durable as asked. */
  commit(): void;
  rollback(): void;
  /** After everything is settled: tell listeners what the commit changed. */
  settled(): void;
}

/**
 * The file does not hold what the engine counted on. There is no safe way on: it is thrown out of the event loop, so
 * that the process ends and a restart counts anew.
 */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** Thrown to an operation that would write while another process has the lock. */
class Locked extends Error {
  override readonly name = 'Locked';
}

interface Operation {
  run(): unknown;
  /** `run` gives a generator: the operation is done in parts. */
  readonly inParts: boolean;
  /** What is left to do of it; undefined: it has not begun. */
  parts: Generator<void, unknown> | undefined;
  resolve(value: never): void;
  reject(error: unknown): void;
  value: unknown;
  refused: boolean;
  /** When it first found the store locked; undefined means it did not. */
  lockedAt: number | undefined;
  /** It found the store locked this time. */
  waits: boolean;
}

export class Turn {
  readonly #transaction: Transaction;
  readonly #gather = new Gather();
  #operations: Operation[] = [];
  /** How many of them have run. */
  #done = 0;
  #open = false;
  #announced = false;
  #scheduled = false;
  /** Another process has the lock: who wants to write must wait. */
  #locked = false;
  readonly #errors: StorageErrors;
  /** Since the start: commits, operations in them, and seconds that committing and syncing took. */
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

  /** Runs the operation in this turn; settles when the turn is committed. */
  run<T>(operation: () => T): Promise<T> {
    return this.#add(operation, false);
  }

  /**
   * The same for an operation that is long: the event loop goes on between its parts, each up to a `yield`, while the turn stays open
   * and operations behind it wait.
   */
  runInParts<T>(operation: () => Generator<void, T>): Promise<T> {
    return this.#add(operation, true);
  }

  /**
   * Runs a read now, without a turn. It sees what the open turn has done so far, which a failing commit may undo: so decide by it, and
   * have the write check that it still holds.
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

  /** For operations: the first write of a turn opens the transaction. A turn of reads needs none, and no sync. */
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
      // What has come is done while others are waited for: the last one then waits for nobody. Doing each as it is called
      // took a fifth longer, because sockets and SQLite then push each other out of the processor's caches.
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

  /** Before operations are run again that found the store locked; while it still is, they are left alone. */
  #tryBegin(): void {
    try {
      this.begin();
    } catch (error) {
      if (!isLocked(error)) throw error;
      this.#locked = true;
    }
  }

  /** False: there are more parts of it to run. */
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
        // Later operations of this turn must not overtake it.
        this.#locked = operation.waits = true;
        operation.lockedAt ??= performance.now();
      } else if (!this.#open && kindOf(error) !== 'other') {
        operation.value = this.#reported(error, 1); // nobody in this turn has written: only this reader is refused
        operation.refused = true;
      } else throw error;
    }
    return true;
  }

  /** Settles the operations that only read; those that found the store locked are run again in a moment, or refused. */
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
      setTimeout(this.#end, TRY_AGAIN);
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

  /** Once a turn: lets the fetches that wait for its jobs join, so that push and hand-out share a commit. */
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
