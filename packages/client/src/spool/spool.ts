/*
 * Pushes go to a file on this machine while the server is away, and from there to the server: in their order, exactly once.
 * It must never say that a job is kept before it is on disk, nor let a newer job pass an older one that waits. A stranger would get
 * wrong that a push that was on the wire when the connection broke is not spooled: it may be in already, and waits to hear.
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

/** Where pushes wait while the server is away. */
export interface SpoolOptions {
  /** A file of this client alone, made when absent, on a local disk. Beside it stand `.lock`, and `.refused` when a job was. */
  file: string;
  /** Most bytes that wait; pushes beyond reject with `LIMIT`. The file may take twice as much for a while. Default 64 MiB. */
  maxBytes?: number | undefined;
  /**
   * Told of each spooled job that the server refused for good: nobody waits for its push any more. May be told twice after a
   * crash. When it throws it is told again. Default: the job and the reason become a line of JSON in `<file>.refused`.
   */
  onRefused?: ((job: RefusedJob, error: FaktoryError) => void | Promise<void>) | undefined;
}

const fullPause = 1000; // ms

export class Spool {
  readonly #file: SpoolFile;
  readonly #delivery: Delivery<WaitingLine>;
  /** A dial failed, and nothing has come through since. */
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

  /** Jobs that wait. */
  get jobs(): number {
    return this.#file.jobs;
  }

  /** The direct connection is made. */
  up(): void {
    this.#up = true;
    this.#away = false;
    this.#endPause();
  }

  /** The direct connection broke, or could not be made. What is unsent then comes here. */
  down(error: FaktoryError): void {
    const broke = this.#up;
    this.#up = false;
    // The next dial says whether the server is away. One that refuses us is there, and the pushes must hear why.
    if (broke || isLasting(error)) return;
    this.#away = true;
    const withdraw = this.#withdraw;
    this.#withdraw = new AbortController();
    withdraw.abort();
  }

  /**
   * Sends directly when nothing waits here and the server is there; else keeps the line. Undefined = it is kept.
   *
   * @throws FaktoryError as `direct` does; `LIMIT`, `STORAGE` when it cannot be kept.
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
      throw new FaktoryError('ABORTED', 'given up before it was sent', { cause: options.signal.reason });
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
    // Somebody waits: this keeps the process alive.
    const end = timeout === undefined ? undefined : performance.now() + timeout;
    while (this.jobs > 0) {
      if (this.#ended) throw this.#ended;
      if (signal?.aborted) {
        throw new FaktoryError('ABORTED', 'waiting for the spool was given up', { cause: signal.reason });
      }
      if (end !== undefined && performance.now() >= end) {
        throw new FaktoryError('TIMEOUT', `${this.jobs} jobs still wait in the spool after ${timeout} ms`);
      }
      await this.#change(signal, end);
    }
  }

  /** Takes no more pushes but those that were sent directly and come back. */
  refuse(error: FaktoryError): void {
    this.#refusal ??= error;
  }

  /** What waits stays in the file. What is on the wire is not waited for: the next life of the spool hears about it. */
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

  /** Begins, when lines wait and it has not begun. */
  #drain(): void {
    if (this.#ended || this.#file.lines === 0) return;
    this.#draining ??= this.#rounds();
  }

  async #rounds(): Promise<void> {
    while (!this.#ended && this.#file.lines > 0) {
      try {
        if (await this.#delivery.round()) await this.#pause(fullPause);
      } catch {
        // The server, the disk, or the program's listener: the lines stay where they are, and are tried again.
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

  /** Waits until told, until the signal, or until then. */
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
