/*
 * The producer: typed calls over one connection.
 * It must never hold a job back or send one twice by itself. A stranger would get wrong that nothing needs to be started: the
 * first call dials. An idle client does not keep the process alive; a call in the air does.
 */

import { hostname } from 'node:os';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { FaktoryError, type Info, type Mutation } from '@faktory-ts/protocol';
import type { CallOptions } from './call.ts';
import { commands } from './commands.ts';
import { Connection } from './connection.ts';
import { type AnyJobs, type JobMap, type PushJob, wireFields } from './job-options.ts';
import { resolveServer } from './url.ts';

/** What a {@link Client} may be told. Everything has a default. */
export interface ClientOptions {
  /** `tcp://:password@host:port` or `tcp+tls://…`. Default: FAKTORY_PROVIDER, FAKTORY_URL, else `tcp://localhost:7419`. */
  url?: string | undefined;
  /** Wins over the one in the URL. Default: none. */
  password?: string | undefined;
  /** Milliseconds each call waits, a missing connection included; a call may say otherwise. Default 5000. */
  timeout?: number | undefined;
  /** Ends the client at once when aborted: every call rejects with `ABORTED`. Default: none. */
  signal?: AbortSignal | undefined;
  /** Makes the client a consumer in the server's eyes; it is then shown as a worker. Default: none, a producer. */
  wid?: string | undefined;
  /** Shown beside the wid. Default: none. */
  labels?: readonly string[] | undefined;
  /** For `tcp+tls://`: `ca`, `cert`, `key`, `servername` …, as in Node's `tls.connect`. */
  tls?: TlsOptions | undefined;
}

/** What became of the jobs of a {@link Client.pushBulk}. */
export interface BulkResult {
  /** The jid of each job, in the order given. */
  jids: string[];
  /** jid → why that job was refused. Empty = all are in. */
  errors: Map<string, string>;
}

/**
 * A producer of jobs, typed by a map from jobtype to arguments.
 *
 * Every call may reject with a `FaktoryError` of code `TIMEOUT` (its `timeout` passed), `CLOSED` (the connection broke before the
 * answer: the message says what is unknown; or the client is closed), `ABORTED` (its `signal`), `AUTH` (password), `PROTOCOL` (not a
 * Faktory server), and with what the server answers, in the server's words: `INVALID`, `LIMIT`, `NOTUNIQUE`, `STORAGE` …
 *
 * @example
 * ```ts
 * import { Client } from '@faktory-ts/client';
 *
 * const client = new Client<{ SendEmail: [to: string, id: number] }>();
 * const jid = await client.push({ jobtype: 'SendEmail', args: ['a@example.com', 7], queue: 'mail' });
 * await client.close();
 * ```
 */
export class Client<Jobs extends JobMap<Jobs> = AnyJobs> {
  readonly #connection: Connection;
  readonly #forgetSignal: () => void;

  /** @throws FaktoryError `CONFIG` for an option that cannot work. */
  constructor(options: ClientOptions = {}) {
    const { timeout = 5000, wid, labels, signal, tls } = options;
    if (!(timeout > 0)) throw new FaktoryError('CONFIG', 'timeout must be more than 0 milliseconds');
    const hello = {
      hostname: hostname(),
      pid: process.pid,
      ...(wid && { wid }),
      labels: [...(labels ?? [])],
    };
    const connection = new Connection({ address: resolveServer(options), hello, tls, timeout });
    this.#connection = connection;
    const abort = (): void => {
      connection.abort(new FaktoryError('ABORTED', 'the client was aborted', { cause: signal?.reason }));
    };
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    this.#forgetSignal = () => signal?.removeEventListener('abort', abort);
  }

  /**
   * Pushes one job; when it resolves, the job is on the server's disk. Gives the jid.
   *
   * Never sent twice: when the connection breaks or the time passes before the answer, the job may or may not be in, and the
   * message says so with the jid.
   *
   * @throws FaktoryError `INVALID` when a rule refuses the job or its arguments cannot be written as JSON; see {@link Client}.
   * @example
   * ```ts
   * const client = new Client();
   * await client.push({ jobtype: 'Report', args: [2026], at: new Date('2026-12-31T08:00:00Z'), retry: 3 });
   * await client.push({ jobtype: 'Remind', args: ['bob'], in: 60_000, priority: 9 }, { timeout: 1000 });
   * ```
   */
  async push(job: PushJob<Jobs>, options?: CallOptions): Promise<string> {
    const fields = wireFields(job);
    await commands.push(this.#connection, fields, options);
    return fields.jid;
  }

  /**
   * Pushes many jobs in one call; advisable up to 1000. Those that a rule refuses are told in `errors`, the others are in.
   *
   * @throws FaktoryError as {@link Client.push}; then it is the whole call that failed, and the message says whether jobs may be in.
   * @example
   * ```ts
   * const client = new Client<{ Resize: [file: string] }>();
   * const { jids, errors } = await client.pushBulk([
   *   { jobtype: 'Resize', args: ['a.png'] },
   *   { jobtype: 'Resize', args: ['b.png'], queue: 'slow' },
   * ]);
   * for (const [jid, message] of errors) console.error(jids.indexOf(jid), message);
   * ```
   */
  async pushBulk(jobs: readonly PushJob<Jobs>[], options?: CallOptions): Promise<BulkResult> {
    const fields = jobs.map((job) => wireFields(job));
    const errors = await commands.pushBulk(this.#connection, fields, options);
    return { jids: fields.map((job) => job.jid), errors };
  }

  /** What the server says about itself: queues, sets, counters. Asked again when the connection breaks. */
  info(options?: CallOptions): Promise<Info> {
    return commands.info(this.#connection, options);
  }

  /** Every queue the server knows and how many jobs wait in it; empty ones are 0. */
  async queues(options?: CallOptions): Promise<Record<string, number>> {
    const info: Partial<Info> = await this.info(options);
    return info.faktory?.queues ?? {};
  }

  /** Seconds that the oldest job of each named queue has waited; 0 for one that is empty or unknown. No `*`. */
  latency(names: string | readonly string[], options?: CallOptions): Promise<Record<string, number>> {
    return commands.latency(this.#connection, [names].flat(), options);
  }

  /** FETCH passes these queues over until they are resumed; `'*'` = all that exist now. Unknown names are ignored. */
  pauseQueue(names: string | readonly string[], options?: CallOptions): Promise<void> {
    return commands.queue(this.#connection, 'PAUSE', [names].flat(), options);
  }

  /** Undoes {@link Client.pauseQueue}; `'*'` = all. */
  resumeQueue(names: string | readonly string[], options?: CallOptions): Promise<void> {
    return commands.queue(this.#connection, 'RESUME', [names].flat(), options);
  }

  /** Deletes these queues with the jobs that wait in them; `'*'` = all. Jobs that run or wait for their time stay. */
  removeQueue(names: string | readonly string[], options?: CallOptions): Promise<void> {
    return commands.queue(this.#connection, 'REMOVE', [names].flat(), options);
  }

  /**
   * Clears, kills, discards or requeues jobs of the scheduled, retries or dead set. Without a filter: all of them.
   *
   * @example
   * ```ts
   * const client = new Client();
   * await client.mutate({ cmd: 'requeue', target: 'dead', filter: { jobtype: 'SendEmail' } });
   * ```
   */
  mutate(mutation: Mutation, options?: CallOptions): Promise<void> {
    return commands.mutate(this.#connection, mutation, options);
  }

  /** Wipes the whole server: every queue, set, reservation and counter. */
  flush(options?: CallOptions): Promise<void> {
    return commands.flush(this.#connection, options);
  }

  /** Takes no more calls (`CLOSED`), waits until those in the air are settled, says END. Never rejects; may be called twice. */
  async close(): Promise<void> {
    await this.#connection.close();
    this.#forgetSignal();
  }

  /** `await using client = new Client()` closes it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
