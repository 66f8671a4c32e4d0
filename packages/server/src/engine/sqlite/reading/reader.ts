/**
 * Reads the file on a second, read-only connection in its own thread, so that searches never delay
 * operations.
 *
 * The thread starts with the first search and ends with the engine.
 * Note: the thread runs the built file even when the server runs from source. When there is no
 * built file (a bundled program), this thread runs the bites itself, in pieces of some milliseconds.
 */
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
// Not the global one: with browser types, as in examples, it has no `eventLoopUtilization`.
import { performance } from 'node:perf_hooks';
import { setImmediate as immediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker as Thread } from 'node:worker_threads';
import { type ErrorCode, FaktoryError } from '@faktory-ts/protocol';
import type { StorageErrorKind, StorageErrors } from '../../engine.ts';
import { kindOf } from '../commit/error-kind.ts';
import { openExisting } from '../files/existing.ts';
import type { Database } from '../state/binding.ts';
import { type ReadingAnswer, type ReadingAsk, type ReadingName, read } from './readings.ts';

export interface ReaderRequest {
  readonly id: number;
  readonly name: ReadingName;
  readonly ask: ReadingAsk<ReadingName>;
  /**
   * The engine's thread is busy: the reader must pause, so that it uses half of a processor at
   * most.
   */
  readonly busy: boolean;
}

export type ToReader = ReaderRequest | { readonly forget: number } | { readonly close: true };

export type ReaderReply =
  | { readonly id: number; readonly answer: ReadingAnswer<ReadingName> }
  | { readonly id: number; readonly error: ReaderError };

export interface ReaderError {
  readonly code: ErrorCode;
  readonly message: string;
  /** The kind of a storage fault. */
  readonly kind?: StorageErrorKind;
}

/** The promise of a request that waits for its reply. */
interface Call {
  resolve(answer: never): void;
  reject(error: Error): void;
}

const CACHE = 8000; // KiB
const MEASURE_EVERY = 50; // ms between two measurements of the engine's thread
const BUSY = 0.5; // share of time: above it the engine's thread counts as busy

/**
 * Opens the file read-only. `patience`: ms that it waits for a lock of another process; 0 on the
 * main thread.
 */
export function openReader(path: string, identity: string | undefined, patience: number): Database {
  const db = openExisting(path, identity);
  db.exec(`PRAGMA query_only = ON; PRAGMA cache_size = -${CACHE}; PRAGMA busy_timeout = ${patience}`);
  return db;
}

export class Reader {
  readonly #path: string;
  readonly #identity: string | undefined;
  readonly #errors: StorageErrors;
  readonly #calls = new Map<number, Call>();
  #thread: Thread | undefined;
  /** The connection of this thread, used when no thread can start. */
  #own: Database | undefined;
  #last = 0;
  #measured = performance.eventLoopUtilization();
  #busy = false;

  /** @param identity Which file `path` must refer to; undefined: any. */
  constructor(path: string, identity: string | undefined, errors: StorageErrors) {
    this.#path = path;
    this.#identity = identity;
    this.#errors = errors;
  }

  /** Reads one bite. Rejects with ABORTED on `signal`, INVALID for a bad cursor, or STORAGE. */
  ask<Name extends ReadingName>(
    name: Name,
    ask: ReadingAsk<Name>,
    signal?: AbortSignal,
  ): Promise<ReadingAnswer<Name>> {
    if (signal?.aborted) return Promise.reject(cancelled(signal));
    const thread = this.#start();
    if (!thread) return this.#here(name, ask, signal);
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      const cancel = (): void => {
        thread.postMessage({ forget: id } satisfies ToReader);
        settle.reject(cancelled(signal));
      };
      const done = (): void => {
        this.#calls.delete(id);
        signal?.removeEventListener('abort', cancel);
      };
      const settle: Call = {
        resolve: (answer) => {
          done();
          resolve(answer);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      this.#calls.set(id, settle);
      if (signal !== undefined) setMaxListeners(0, signal); // one HTTP request may start many reads
      signal?.addEventListener('abort', cancel);
      thread.postMessage({ id, name, ask, busy: this.#isBusy() } satisfies ToReader);
    });
  }

  /** Ends the thread after its present bite. Requests that still wait are rejected. */
  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#own?.close();
    this.#own = undefined;
    this.#fail(new FaktoryError('SHUTDOWN', 'shutdown in progress'));
    if (!thread) return;
    const ended = new Promise((resolve) => thread.once('exit', resolve));
    thread.ref();
    thread.postMessage({ close: true } satisfies ToReader);
    await ended;
  }

  #isBusy(): boolean {
    const now = performance.eventLoopUtilization();
    const { active, idle, utilization } = performance.eventLoopUtilization(now, this.#measured);
    if (active + idle >= MEASURE_EVERY) {
      this.#measured = now;
      this.#busy = utilization > BUSY;
    }
    return this.#busy;
  }

  async #here<Name extends ReadingName>(
    name: Name,
    ask: ReadingAsk<Name>,
    signal: AbortSignal | undefined,
  ): Promise<ReadingAnswer<Name>> {
    try {
      this.#own ??= openReader(this.#path, this.#identity, 0);
      const db = this.#own;
      const pieces = read(db, name, ask);
      for (let step = pieces.next(); ; step = pieces.next()) {
        if (step.done) return step.value;
        await immediate();
        if (signal?.aborted) throw cancelled(signal);
        if (this.#own !== db) throw new FaktoryError('SHUTDOWN', 'shutdown in progress');
      }
    } catch (error) {
      throw error instanceof FaktoryError ? error : this.#refused(readerError(error));
    }
  }

  #refused({ code, message, kind }: ReaderError): FaktoryError {
    if (kind) this.#errors.report(kind, message);
    return new FaktoryError(code, message);
  }

  #start(): Thread | undefined {
    const file = threadFile();
    if (this.#thread || !file) return this.#thread;
    const thread = new Thread(file, {
      workerData: { path: this.#path, identity: this.#identity },
      name: 'reader',
      execArgv: [],
    });
    thread.unref();
    thread.on('message', (reply: ReaderReply) => this.#take(reply));
    thread.on('error', (cause) => this.#ended(thread, cause.message));
    thread.on('exit', () => this.#ended(thread, 'the reader thread exited'));
    this.#thread = thread;
    return thread;
  }

  #take(reply: ReaderReply): void {
    const call = this.#calls.get(reply.id);
    if ('answer' in reply) call?.resolve(reply.answer as never);
    else call?.reject(this.#refused(reply.error));
  }

  /** Rejects the waiting requests. The next search starts a new thread. */
  #ended(thread: Thread, why: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#fail(new FaktoryError('STORAGE', `storage failed: the search stopped early: ${why}; search again`));
  }

  #fail(error: FaktoryError): void {
    for (const call of [...this.#calls.values()]) call.reject(error);
  }
}

/** Converts the error of a bite for its reply. */
export function readerError(error: unknown): ReaderError {
  const { message } = error as Error;
  if (error instanceof FaktoryError) return { code: error.code, message };
  return { code: 'STORAGE', message: `storage failed: ${message}`, kind: kindOf(error) };
}

/** Returns the error of a cancelled search. */
export function cancelled(signal: AbortSignal | undefined): FaktoryError {
  return new FaktoryError('ABORTED', 'the search was given up', { cause: signal?.reason });
}

function threadFile(): URL | undefined {
  const here = import.meta.url;
  const file = new URL(
    here.endsWith('.ts') ? '../../../../dist/reader-thread.js' : './reader-thread.js',
    here,
  );
  return existsSync(fileURLToPath(file)) ? file : undefined;
}
