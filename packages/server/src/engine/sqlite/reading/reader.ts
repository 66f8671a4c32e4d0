/**
 * Reads that never make the wire wait: a second connection to the file that only reads, in a thread of its own.
 *
 * The thread starts with the first search and ends with the engine. A stranger would get wrong that the thread's file is the built
 * one also when the rest runs from source, and that where there is none (a bundled program) the bites are read in this thread, each
 * for some 50 ms.
 */
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks'; // that of browsers, whose types examples may have, knows no utilization
import { fileURLToPath } from 'node:url';
import { Worker as Thread } from 'node:worker_threads';
import { type ErrorCode, FaktoryError } from '@faktory-ts/protocol';
import type { StorageErrorKind, StorageErrors } from '../../engine.ts';
import { kindOf } from '../commit/error-kind.ts';
import { type Database, openDatabase } from '../state/binding.ts';
import { type ReadingAnswer, type ReadingAsk, type ReadingName, read } from './readings.ts';

export interface ReaderRequest {
  readonly id: number;
  readonly name: ReadingName;
  readonly ask: ReadingAsk<ReadingName>;
  /** The engine's thread has much to do: what reads beside it takes half of a processor at most. */
  readonly busy: boolean;
}

export type ToReader = ReaderRequest | { readonly forget: number } | { readonly close: true };

export type ReaderReply =
  | { readonly id: number; readonly answer: ReadingAnswer<ReadingName> }
  | { readonly id: number; readonly error: ReaderError };

export interface ReaderError {
  readonly code: ErrorCode;
  readonly message: string;
  /** Of a fault of the storage. */
  readonly kind?: StorageErrorKind;
}

/** What waits for a reply. */
interface Call {
  resolve(answer: never): void;
  reject(error: Error): void;
}

const CACHE = 8000; // KiB
const LOOK = 50; // ms from one look at how much the engine's thread has to do to the next
const BUSY = 0.5; // of its time

/** Opens the file so that nothing can be written through it. `patience`: ms with a lock of another process; 0 on the main thread. */
export function openReader(path: string, patience: number): Database {
  const db = openDatabase(path);
  db.exec(`PRAGMA query_only = ON; PRAGMA cache_size = -${CACHE}; PRAGMA busy_timeout = ${patience}`);
  return db;
}

export class Reader {
  readonly #path: string;
  readonly #errors: StorageErrors;
  readonly #calls = new Map<number, Call>();
  #thread: Thread | undefined;
  /** Where there can be no thread. */
  #own: Database | undefined;
  #last = 0;
  #looked = performance.eventLoopUtilization();
  #busy = false;

  constructor(path: string, errors: StorageErrors) {
    this.#path = path;
    this.#errors = errors;
  }

  /** One bite. Rejects with ABORTED when the signal says so; INVALID for a bad cursor; STORAGE. */
  ask<Name extends ReadingName>(
    name: Name,
    ask: ReadingAsk<Name>,
    signal?: AbortSignal,
  ): Promise<ReadingAnswer<Name>> {
    if (signal?.aborted) return Promise.reject(givenUp(signal));
    const thread = this.#start();
    if (!thread) return this.#here(name, ask);
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      const forget = (): void => {
        thread.postMessage({ forget: id } satisfies ToReader);
        settle.reject(givenUp(signal));
      };
      const done = (): void => {
        this.#calls.delete(id);
        signal?.removeEventListener('abort', forget);
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
      if (signal !== undefined) setMaxListeners(0, signal); // one request may read many things at once
      signal?.addEventListener('abort', forget);
      thread.postMessage({ id, name, ask, busy: this.#isBusy() } satisfies ToReader);
    });
  }

  /** Ends the thread after the bite it is at; what still waits is rejected. */
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
    const { active, idle, utilization } = performance.eventLoopUtilization(now, this.#looked);
    if (active + idle >= LOOK) {
      this.#looked = now;
      this.#busy = utilization > BUSY;
    }
    return this.#busy;
  }

  async #here<Name extends ReadingName>(name: Name, ask: ReadingAsk<Name>): Promise<ReadingAnswer<Name>> {
    try {
      this.#own ??= openReader(this.#path, 0);
      return read(this.#own, name, ask);
    } catch (error) {
      throw this.#refused(readerError(error));
    }
  }

  #refused({ code, message, kind }: ReaderError): FaktoryError {
    if (kind) this.#errors.report(kind, message);
    return new FaktoryError(code, message);
  }

  #start(): Thread | undefined {
    const file = threadFile();
    if (this.#thread || !file) return this.#thread;
    const thread = new Thread(file, { workerData: this.#path, name: 'reader', execArgv: [] });
    thread.unref();
    thread.on('message', (reply: ReaderReply) => this.#take(reply));
    thread.on('error', (cause) => this.#ended(thread, cause.message));
    thread.on('exit', () => this.#ended(thread, 'its thread ended'));
    this.#thread = thread;
    return thread;
  }

  #take(reply: ReaderReply): void {
    const call = this.#calls.get(reply.id);
    if ('answer' in reply) call?.resolve(reply.answer as never);
    else call?.reject(this.#refused(reply.error));
  }

  /** The next search gets a new thread. */
  #ended(thread: Thread, why: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#fail(new FaktoryError('STORAGE', `storage failed: the search was cut off, ${why}; ask again`));
  }

  #fail(error: FaktoryError): void {
    for (const call of [...this.#calls.values()]) call.reject(error);
  }
}

/** What a bite that failed is answered with. */
export function readerError(error: unknown): ReaderError {
  const { message } = error as Error;
  if (error instanceof FaktoryError) return { code: error.code, message };
  return { code: 'STORAGE', message: `storage failed: ${message}`, kind: kindOf(error) };
}

/** What a search that was given up rejects with. */
export function givenUp(signal: AbortSignal | undefined): FaktoryError {
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
