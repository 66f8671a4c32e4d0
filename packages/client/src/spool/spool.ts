/**
 * Stores pushes in a local file while the server cannot be reached, and sends them later in order,
 * exactly once. A push is confirmed only when it is on disk, and no newer job overtakes an older
 * one that waits.
 *
 * Note: a push that was sent when the connection broke is not spooled. The server may already have
 * it, so its call waits for the next connection.
 */

import { resolve } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { backoff } from '../backoff.ts';
import type { CallOptions, CallRules } from '../call.ts';
import { isLasting } from '../connection-options.ts';
import { Delivery, type DeliveryOptions } from '../delivery/delivery.ts';
import { checkKnown } from '../known-options.ts';
import { type RefusedJob, refuseInto, SpoolLines } from './lines.ts';
import { SpoolFile, type WaitingLine } from './spool-file.ts';

/** Options of the spool. */
export interface SpoolOptions {
  /**
   * A file of this client alone, on a local disk; created when missing. Beside it are `.lock`, and
   * `.refused` after a refused job.
   */
  file: string;
  /**
   * Maximum number of waiting bytes; further pushes reject with `LIMIT`. The file may be twice as
   * large for a time. Default 64 MiB.
   */
  maxBytes?: number | undefined;
  /**
   * Called for each spooled job that the server refused permanently, because no caller waits for
   * its push any more. May be called twice for a job after a crash. When it throws, it is called
   * again. Default: write the job and the reason as a line of JSON to `<file>.refused`.
   */
  onRefused?: ((job: RefusedJob, error: FaktoryError) => void | Promise<void>) | undefined;
}

const fullPause = 1000; // ms

export class Spool {
  readonly #file: SpoolFile;
  readonly #delivery: Delivery<WaitingLine>;
  /** A dial failed, and no connection was made since. */
  #away = false;
  #up = false;
  #withdraw = new AbortController();
  #waiters = new Set<() => void>();
  #draining: Promise<void> | undefined;
  #endPause: () => void = () => {};
  #refusal: FaktoryError | undefined;
  #ended: FaktoryError | undefined;

  /** @throws FaktoryError `CONFIG`, `LOCKED` or `STORAGE`. */
  constructor(options: SpoolOptions, servers: DeliveryOptions) {
    const { maxBytes = 64 * 1024 * 1024 } = options;
    checkKnown('spool', options, ['file', 'maxBytes', 'onRefused'] satisfies (keyof SpoolOptions)[]);
    if (typeof options.file !== 'string' || options.file === '')
      throw new FaktoryError('CONFIG', 'spool.file must name a file');
    if (!(maxBytes > 0)) throw new FaktoryError('CONFIG', 'spool.maxBytes must be more than 0');
    const path = resolve(options.file);
    this.#file = new SpoolFile(path, maxBytes);
    const refuse = options.onRefused ?? refuseInto(`${path}.refused`);
    this.#delivery = new Delivery(new SpoolLines(this.#file, refuse), servers);
    this.#drain();
  }

  /** Number of waiting jobs. */
  get jobs(): number {
    return this.#file.jobs;
  }

  /** The direct connection is made. */
  up(): void {
    this.#up = true;
    this.#away = false;
    this.#endPause();
  }

  /** The direct connection broke or could not be made. Unsent pushes then come here. */
  down(error: FaktoryError): void {
    const broke = this.#up;
    this.#up = false;
    // The next dial shows whether the server can be reached. A server that refuses the connection
    // can be reached, and the pushes must get its error.
    if (broke || isLasting(error)) return;
    this.#away = true;
    const withdraw = this.#withdraw;
    this.#withdraw = new AbortController();
    withdraw.abort();
  }

  /**
   * Sends directly when nothing waits here and the server can be reached; otherwise stores the
   * line. Undefined: it is stored.
   *
   * @throws FaktoryError as `direct` does; `LIMIT` or `STORAGE` when it cannot be stored.
   */
  async push<Answer>(
    line: string,
    jobs: number,
    options: CallOptions | undefined,
    direct: (rules: CallOptions & CallRules) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    if (this.#refusal) throw this.#refusal;
    if (this.jobs === 0 && !this.#away) {
      try {
        return await direct({ ...options, withdraw: this.#withdraw.signal });
      } catch (error) {
        const unsent = error instanceof FaktoryError && error.code === 'ABORTED' && !options?.signal?.aborted;
        if (!unsent) throw error;
      }
    }
    if (this.#ended) throw this.#ended;
    if (options?.signal?.aborted) {
      throw new FaktoryError('ABORTED', 'aborted before it was sent', { cause: options.signal.reason });
    }
    try {
      await this.#file.append({ jobs, text: line.trimEnd() });
    } finally {
      if (this.jobs === 0) this.#tell();
    }
    this.#drain();
    return undefined;
  }

  /** Resolves when no job waits. */
  async drained({ signal, timeout }: CallOptions = {}): Promise<void> {
    // This timer keeps the process alive for the waiting caller.
    const end = timeout === undefined ? undefined : performance.now() + timeout;
    while (this.jobs > 0) {
      if (this.#ended) throw this.#ended;
      if (signal?.aborted) {
        throw new FaktoryError('ABORTED', 'waiting for the spool was aborted', { cause: signal.reason });
      }
      if (end !== undefined && performance.now() >= end) {
        throw new FaktoryError('TIMEOUT', `${this.jobs} jobs still wait in the spool after ${timeout} ms`);
      }
      await this.#change(signal, end);
    }
  }

  /** Refuses new pushes, except those that were sent directly and come back. */
  refuse(error: FaktoryError): void {
    this.#refusal ??= error;
  }

  /**
   * Waiting lines stay in the file. A line that is being sent is not awaited: the next spool of
   * this file learns its result.
   */
  async end(error: FaktoryError): Promise<void> {
    if (this.#ended) return;
    this.#ended = error;
    this.#refusal ??= error;
    this.#delivery.hangUp();
    this.#endPause();
    await this.#draining;
    await this.#file.close();
    this.#tell();
  }

  /** Starts sending when lines wait and it is not running. */
  #drain(): void {
    if (this.#ended || this.#file.lines === 0) return;
    this.#draining ??= this.#rounds();
  }

  async #rounds(): Promise<void> {
    while (!this.#ended && this.#file.lines > 0) {
      try {
        if (await this.#delivery.round()) await this.#pause(fullPause);
      } catch {
        // The server, the disk or the program's `onRefused` failed: the lines stay and are sent
        // again.
        await this.#pause(backoff(this.#delivery.failures));
      }
    }
    this.#delivery.hangUp();
    this.#draining = undefined;
    if (this.#ended) return;
    this.#away = false;
    this.#tell();
    this.#drain();
  }

  async #pause(ms: number): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((go) => {
      const timer = setTimeout(go, ms).unref();
      this.#endPause = () => {
        clearTimeout(timer);
        go();
      };
    });
  }

  /** Waits for a change, the signal, or the time `end`. */
  #change(signal: AbortSignal | undefined, end: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const longest = 2 ** 31 - 1;
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(
        done,
        end === undefined ? longest : Math.min(longest, end - performance.now()),
      );
      signal?.addEventListener('abort', done);
      this.#waiters.add(done);
    });
  }

  #tell(): void {
    for (const told of [...this.#waiters]) told();
  }
}
