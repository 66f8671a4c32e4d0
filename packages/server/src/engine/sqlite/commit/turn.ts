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
 *
 * A turn starts no operation once it has lasted for its budget: it commits, and the other operations
 * run in later turns, with the event loop in between. The event loop also runs within a budget that a
 * slow disk made longer.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { Histogram, StorageErrors } from '../../engine.ts';
import { Backlog, nextPart, type Operation, settle } from './backlog.ts';
import { isLocked, kindOf } from './error-kind.ts';
import { Gather } from './gather.ts';
import type { Transaction } from './transaction.ts';

export type { Transaction } from './transaction.ts';

const PATIENCE = 2000; // ms that an operation waits for a lock of another process
const RETRY_AFTER = 5; // ms
const SLICE = 10; // ms of operations after which the event loop runs, while the turn stays open
const LONG = 20; // ms of operations after which the commit waits for the event loop

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

export class Turn {
  readonly #transaction: Transaction;
  readonly #gather = new Gather();
  readonly #backlog = new Backlog();
  readonly #now: () => number;
  /** When the turn started; undefined between turns. */
  #since: number | undefined;
  #open = false;
  #announced = false;
  /** The turn has let the event loop run before its commit. */
  #rested = false;
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

  /** `now` returns milliseconds. */
  constructor(transaction: Transaction, errors = new StorageErrors(), now = () => performance.now()) {
    this.#transaction = transaction;
    this.#errors = errors;
    this.#now = now;
  }

  /**
   * Runs a short operation in the current turn, or in a later one when the turn has used up its
   * budget. The promise settles after the commit.
   */
  run<T>(operation: () => T): Promise<T> {
    return this.#add(operation, { isLong: false, inParts: false });
  }

  /**
   * Runs an operation that takes milliseconds. It runs after all operations that were called before
   * it. Short operations that are called later may overtake it.
   */
  runLong<T>(operation: () => T): Promise<T> {
    return this.#add(operation, { isLong: true, inParts: false });
  }

  /**
   * The same as `run` for an operation that is split by `yield`. It keeps its place in the order of
   * the calls: the event loop continues between the parts, and later operations wait.
   */
  runInOrder<T>(operation: () => Generator<void, T>): Promise<T> {
    return this.#add(operation, { isLong: false, inParts: true });
  }

  /**
   * The same for a long operation that is split by `yield`. The event loop continues between the
   * parts, while the turn stays open and later operations wait.
   */
  runInParts<T>(operation: () => Generator<void, T>): Promise<T> {
    return this.#add(operation, { isLong: true, inParts: true });
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

  #add<T>(operation: () => unknown, how: Pick<Operation, 'isLong' | 'inParts'>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#backlog.add({
        run: operation,
        isLong: how.isLong,
        inParts: how.inParts,
        parts: undefined,
        resolve,
        reject,
        value: undefined,
        refused: false,
        lockedAt: undefined,
        waits: false,
      });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#end);
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
    this.#since ??= this.#now();
    const wait = !this.#backlog.hasLong && !this.#announced && this.#gather.wait(this.#backlog.size);
    try {
      if (!this.#open && this.#backlog.isLocked) this.#tryBegin();
      // Run the operations that are here while waiting for more, so that the last one to arrive
      // does not wait for them. Running each operation when it is called took a fifth longer:
      // sockets and SQLite then compete for the processor's caches.
      const ended = this.#runAll();
      if (ended === 'between parts') {
        setImmediate(this.#end);
        return;
      }
      if (this.#locked) {
        this.#postpone();
        return;
      }
      const full = ended === 'budget used up';
      if (this.#invite(full) || (wait && !full)) {
        setImmediate(this.#end);
        return;
      }
      if (this.#open && this.#mustRest()) {
        setImmediate(this.#end);
        return;
      }
      if (this.#open) this.#commit(this.#backlog.done);
    } catch (error) {
      this.#fail(error);
      return;
    }
    for (const operation of this.#close()) settle(operation);
    this.#transaction.settled();
  };

  /** Once, when the operations took long: their commit then has a turn of the event loop of its own. */
  #mustRest(): boolean {
    if (this.#rested || this.#now() - (this.#since ?? 0) < LONG) return false;
    this.#rested = true;
    return true;
  }

  #runAll(): 'all ran' | 'between parts' | 'budget used up' {
    const since = this.#since ?? 0;
    const sliced = this.#now();
    const { budget } = this.#gather;
    let operation = this.#backlog.next();
    while (operation !== undefined) {
      const fresh = operation.parts === undefined && this.#backlog.done > 0;
      const now = fresh ? this.#now() : sliced;
      if (fresh && now - since >= budget) return 'budget used up';
      if (now - sliced >= SLICE) return 'between parts';
      if (!this.#attempt(operation)) return 'between parts';
      this.#backlog.ran(operation);
      operation = this.#backlog.next();
    }
    return 'all ran';
  }

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
        operation.lockedAt ??= this.#now();
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
    const operations = this.#reset();
    this.#locked = false;
    const now = this.#now();
    const isOver = ({ lockedAt = now }: Operation): boolean => now - lockedAt >= PATIENCE;
    const again = operations.filter((operation) => operation.waits && !isOver(operation));
    const over = operations.filter((operation) => operation.waits && isOver(operation));
    this.#backlog.putBack(again);
    if (this.#backlog.size > 0) {
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
   * Once a turn: notifies fetches that wait for jobs of this turn. They join it, so that both share
   * one commit, unless the turn is full. Returns whether they join.
   */
  #invite(full: boolean): boolean {
    if (this.#announced || !this.#open) return false;
    this.#announced = true;
    return this.#transaction.announce() && !full;
  }

  /** Ends the turn; the next one starts when operations are left. */
  #close(): readonly Operation[] {
    const operations = this.#reset();
    if (this.#backlog.size > 0) this.#schedule();
    return operations;
  }

  #reset(): readonly Operation[] {
    this.#gather.stop();
    this.#since = undefined;
    this.#announced = false;
    this.#rested = false;
    this.#scheduled = false;
    return this.#backlog.take();
  }

  #commit(operations: number): void {
    const started = this.#now();
    this.#transaction.commit();
    this.#open = false;
    const time = this.#now() - started;
    this.#gather.committed(time);
    this.figures.seconds += time / 1000;
    this.figures.times.add(time / 1000);
    this.figures.batches.add(operations);
    this.figures.commits += 1;
    this.figures.operations += operations;
    this.#errors.committed();
  }

  /** Note: it rejects later operations too, because a client may have sent them for earlier ones. */
  #fail(cause: unknown): void {
    if (this.#open && !(cause instanceof BrokenInvariant)) this.#transaction.rollback();
    this.#open = false;
    this.#locked = false;
    const operations = this.#backlog.takeAll();
    this.#reset();
    for (const operation of operations) operation.waits = false;
    this.#refuse(operations, cause);
    if (cause instanceof BrokenInvariant) throw cause;
  }
}
