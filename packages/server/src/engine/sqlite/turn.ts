/**
 * Group commit: one turn of the event loop, one transaction, one sync. Knows nothing of jobs.
 *
 * Operations called during a turn are kept in order. They run one after another inside one transaction, it is committed
 * once, and only then are their promises settled. An operation that throws a
 * FaktoryError failed its own checks before its first write: it alone is refused. Any other throw is a fault of the
 * storage: the whole transaction is rolled back and every caller of the turn gets the error.
 *
 * A turn *gathers*: clients that wait for replies come back within microseconds of a commit, so the turn stays open
 * for a moment (gather.ts) until about as many operations have come as clients are in step. A lone client never waits.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { Histogram } from '../engine.ts';
import { Gather } from './gather.ts';

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

interface Operation {
  run(): unknown;
  resolve(value: never): void;
  reject(error: unknown): void;
  value: unknown;
  refused: boolean;
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
  /** Since the start: commits, operations in them, and seconds that committing and syncing took. */
  readonly figures = {
    commits: 0,
    operations: 0,
    seconds: 0,
    times: new Histogram([0.0001, 0.0002, 0.0004, 0.0008, 0.0016, 0.0032, 0.0064, 0.0128, 0.05, 0.2, 1]),
    batches: new Histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]),
  };

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  /** Runs the operation in this turn; settles when the turn is committed. */
  run<T>(operation: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#operations.push({ run: operation, resolve, reject, value: undefined, refused: false });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(this.#end);
    });
  }

  /** For operations: the first write of a turn opens the transaction. A turn of reads needs none, and no sync. */
  begin(): void {
    if (this.#open) return;
    this.#transaction.begin();
    this.#open = true;
  }

  readonly #end = (): void => {
    const wait = !this.#announced && this.#gather.wait(this.#operations.length);
    try {
      // What has come is done while others are waited for: the last one then waits for nobody. Doing each as it is called
      // took a fifth longer, because sockets and SQLite then push each other out of the processor's caches.
      while (this.#done < this.#operations.length) attempt(this.#operations[this.#done++] as Operation);
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
  }

  #fail(operations: readonly Operation[], cause: unknown): void {
    if (this.#open && !(cause instanceof BrokenInvariant)) this.#transaction.rollback();
    this.#open = false;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new FaktoryError('STORAGE', `storage failed: ${reason}`, { cause });
    for (const operation of operations) operation.reject(error);
    if (cause instanceof BrokenInvariant) throw cause;
  }
}

function attempt(operation: Operation): void {
  try {
    operation.value = operation.run();
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    operation.value = error;
    operation.refused = true;
  }
}

function settle(operation: Operation): void {
  if (operation.refused) operation.reject(operation.value);
  else operation.resolve(operation.value as never);
}
