/**
 * The producer: typed calls over one connection. A job is never sent twice, unless the server
 * reports that it does not have it. This file is long because its methods have examples.
 *
 * Note: the first call dials, so there is no start method. An idle client does not keep the process
 * alive; a pending call does.
 */

import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { FaktoryError, type Info, type Job, type Mutation, newJid, write } from '@faktory-ts/protocol';
import { type PushResult, pushAll } from './bulk.ts';
import { type CallOptions, checkCall } from './call.ts';
import { type ClientOptions, checkClientOptions } from './client-options.ts';
import { commands } from './commands.ts';
import { Connection } from './connection.ts';
import { featureKeys } from './features.ts';
import type { AnyJobs, JobTypes, JobtypeOf, PushJob, TypedJob } from './job-map.ts';
import { checkKnown } from './known-options.ts';
import { refuseLossy } from './lossless.ts';
import { OutgoingJobs } from './outgoing.ts';
import { PushLines } from './push-lines.ts';
import { type Pushing, type PushMiddleware, pushAround, type Refusals } from './push-middleware.ts';
import { JobSet } from './sets.ts';
import { Spool } from './spool/spool.ts';
import { clientTls } from './tls-files.ts';
import { resolveServers } from './url.ts';
import type { SaidJob } from './wire-job.ts';

/**
 * Shared clients by their servers. Global to the process, because this module may be loaded many
 * times.
 */
function sharedClients(): Map<string, unknown> {
  const holder = globalThis as { [sharedKey]?: Map<string, unknown> };
  holder[sharedKey] ??= new Map();
  return holder[sharedKey];
}

const sharedKey = Symbol.for('@faktory-ts/client.shared');
const hour = 3600; // seconds; the producer's name lives as long as the client, so the server need not keep it long

/**
 * A producer of jobs, typed by definitions or by a map from jobtype to arguments.
 *
 * Every call may reject with a `FaktoryError` of code `TIMEOUT` (its `timeout` passed), `CLOSED`
 * (the client is closed, or the connection broke before the reply: the message says what is
 * unknown), `ABORTED` (its `signal`), `AUTH` (password), `PROTOCOL` (not a Faktory server), and
 * with the server's errors in its own words: `INVALID`, `LIMIT`, `NOTUNIQUE`, `STORAGE` …
 *
 * @example
 * ```ts
 * import { Client } from '@faktory-ts/client';
 *
 * // or new Client({ jobs: [sendEmail] }), see defineJob
 * const client = new Client<{ SendEmail: [to: string, id: number] }>();
 * const jid = await client.push({ jobtype: 'SendEmail', args: ['a@example.com', 7], queue: 'mail' });
 * await client.retries.requeue({ jobtype: 'SendEmail' });
 * await client.close();
 * ```
 */
export class Client<Jobs extends JobTypes<Jobs> = AnyJobs> {
  /** Jobs that wait for their time. */
  readonly scheduled: JobSet<JobtypeOf<Jobs>>;
  /** Failed jobs that wait for their next retry. */
  readonly retries: JobSet<JobtypeOf<Jobs>>;
  /** Failed jobs without a retry left. */
  readonly dead: JobSet<JobtypeOf<Jobs>>;
  readonly #connection: Connection;
  readonly #outgoing: OutgoingJobs;
  readonly #spool: Spool | undefined;
  /** Undefined: no middleware. */
  readonly #middleware: readonly PushMiddleware[] | undefined;
  readonly #server: Pushing['server'];
  readonly #forgetSignal: () => void;
  /** Removes the client from the shared ones. */
  #forget: () => void = () => {};

  /** @throws FaktoryError `CONFIG` for an unknown or invalid option. */
  constructor(options: ClientOptions<Jobs> = {}) {
    checkClientOptions(options);
    const { timeout = 5000, maxWaiting = 10_000, wid, labels, signal } = options;
    const { idleTimeout = wid ? Number.POSITIVE_INFINITY : 60_000 } = options;
    const who = { hostname: hostname(), pid: process.pid, labels: [...(labels ?? [])] };
    this.#outgoing = new OutgoingJobs(options.defaults, options.jobs);
    this.#middleware = options.middleware?.length ? [...options.middleware] : undefined;
    const mutate = this.mutate.bind(this);
    this.scheduled = new JobSet('scheduled', mutate);
    this.retries = new JobSet('retries', mutate);
    this.dead = new JobSet('dead', mutate);
    const addresses = resolveServers(options);
    const tls = clientTls(addresses, options);
    const [first, second] = addresses;
    this.#server = first && second === undefined ? { host: first.host, port: first.port } : undefined;
    const producer = options.exactlyOnce === false ? undefined : { name: newJid(), keep: hour };
    const spool = options.spool && new Spool(options.spool, { addresses, hello: who, tls, silence: timeout });
    const connection = new Connection({
      ...{ addresses, tls, timeout, maxWaiting, producer, idleTimeout },
      hello: { ...who, ...(wid && { wid }) },
      onUp: () => spool?.up(),
      onDown: (error) => spool?.down(error),
    });
    this.#connection = connection;
    this.#spool = spool;
    const abort = (): void => {
      const error = new FaktoryError('ABORTED', 'the client was aborted', { cause: signal?.reason });
      void spool?.end(error).catch(() => undefined); // at the latest, the end of the process releases its lock
      connection.abort(error);
    };
    if (signal?.aborted) abort();
    if (signal !== undefined) setMaxListeners(0, signal); // many clients may share a signal; avoids Node's warning about a leak
    signal?.addEventListener('abort', abort, { once: true });
    this.#forgetSignal = () => signal?.removeEventListener('abort', abort);
  }

  /**
   * Pushes one job and returns its jid. When the promise resolves, the job is on the server's disk.
   *
   * On a server with our extensions a job is pushed exactly once: when the connection breaks before
   * the reply, the job is sent again if and only if the server does not have it. On other servers
   * it is never sent twice, so after a broken connection the server may or may not have it; after a
   * timeout too. The message then says so, with the jid.
   *
   * @throws FaktoryError `INVALID` when a rule or the job's schema refuses it, or its arguments
   * cannot be written as JSON; see {@link Client}.
   * @example
   * ```ts
   * const client = new Client();
   * const at = new Date('2026-12-31T08:00:00Z');
   * await client.push({ jobtype: 'Report', args: [2026], at, retry: 3 });
   * await client.push(
   *   { jobtype: 'Remind', args: ['bob'], in: '15 minutes', priority: 9 },
   *   { timeout: 1000 },
   * );
   * ```
   */
  async push<T extends JobtypeOf<Jobs>>(job: TypedJob<Jobs, T>, options?: CallOptions): Promise<string> {
    const made = this.#outgoing.prepare(job as unknown as SaidJob);
    const ready = made instanceof Promise ? await made : made;
    if (this.#middleware === undefined) await this.#pushOne(ready, options);
    else
      await this.#around([ready], false, async () => {
        refuseLossy(ready); // a middleware may have added values that JSON cannot carry
        await this.#pushOne(ready, options);
        return new Map();
      });
    return ready.jid;
  }

  /**
   * Pushes any number of jobs, up to 1,000 or 1 MiB in a line, one line after the other. Takes
   * every iterable, also async ones, and reads the next jobs when the previous ones are on disk.
   * Returns one result for each job, in order. A job has an `error` when a rule or its schema
   * refuses it, JSON cannot carry it, or it is longer than the server accepts; the others are on
   * the server.
   *
   * @throws BulkError when the bulk ended early: the connection broke, the time passed, or the
   * iterable threw (its `cause`). Its `results` say which jobs are on the server.
   * @example
   * ```ts
   * const client = new Client<{ Resize: [file: string] }>();
   * const results = await client.pushBulk([
   *   { jobtype: 'Resize', args: ['a.png'] },
   *   { jobtype: 'Resize', args: ['b.png'], queue: 'slow' },
   * ]);
   * for (const { jid, error } of results) if (error) console.error(jid, error.code, error.message);
   * ```
   */
  pushBulk(
    jobs: Iterable<PushJob<Jobs>> | AsyncIterable<PushJob<Jobs>>,
    options?: CallOptions,
  ): Promise<PushResult[]> {
    const lines = new PushLines((line, jobs) => this.#pushLine(line, jobs, options));
    return pushAll(jobs, {
      prepare: (job) => this.#outgoing.prepare(job as unknown as SaidJob),
      send: (jobs) =>
        this.#middleware === undefined
          ? lines.send(jobs, false)
          : this.#around(jobs, true, () => lines.send(jobs, true)),
    });
  }

  async #pushOne(job: Job, options?: CallOptions): Promise<void> {
    const direct = (rules?: CallOptions): Promise<void> => commands.push(this.#connection, job, rules);
    if (this.#spool && this.#mayWait([job])) await this.#spool.push(write.push(job), 1, options, direct);
    else await direct(options);
  }

  async #pushLine(line: string, jobs: readonly Job[], options?: CallOptions): Promise<Refusals> {
    const direct = (rules?: CallOptions) => commands.pushLine(this.#connection, line, jobs, rules);
    if (!this.#spool || !this.#mayWait(jobs)) return direct(options);
    return (await this.#spool.push(line, jobs.length, options, direct)) ?? new Map();
  }

  /**
   * A job that needs a feature is spooled only for a server that is known to have it, because
   * nobody would see a later refusal.
   */
  #mayWait(jobs: readonly Job[]): boolean {
    const { features } = this.#connection;
    return jobs.every(({ custom }) => {
      const keys = featureKeys(custom);
      return keys === undefined || (features !== undefined && features.missing(keys) === undefined);
    });
  }

  #around(jobs: readonly Job[], bulk: boolean, send: () => Promise<Refusals>): Promise<Refusals> {
    return pushAround(this.#middleware ?? [], { jobs, bulk, server: this.#server }, send);
  }

  /**
   * Returns the text that a push of this job would send, for the column `job` of an outbox: the job
   * is pushed if and only if your transaction commits. Runs the middleware and sends nothing; see
   * OUTBOX.md of this package.
   *
   * @throws FaktoryError `INVALID` as {@link Client.push}.
   * @example
   * ```ts
   * declare const db: { query(sql: string, values: unknown[]): Promise<unknown> };
   *
   * const client = new Client<{ SendEmail: [to: string] }>();
   * const row = await client.outboxRow({
   *   jobtype: 'SendEmail',
   *   args: ['bob@example.com'],
   *   queue: 'mail',
   * });
   * await db.query('INSERT INTO faktory_outbox (job) VALUES ($1)', [row]);
   * ```
   */
  async outboxRow<T extends JobtypeOf<Jobs>>(job: TypedJob<Jobs, T>): Promise<string> {
    const ready = await this.#outgoing.prepare(job as unknown as SaidJob);
    const text = (): string => write.push(ready).slice('PUSH '.length).trimEnd();
    if (this.#middleware === undefined) return text();
    let row: string | undefined;
    const writeRow = (): void => {
      refuseLossy(ready); // a middleware may have added values that JSON cannot carry
      row = text();
    };
    await this.#around([ready], false, async () => {
      writeRow();
      return new Map();
    });
    if (row === undefined) writeRow(); // a middleware did not call next()
    return row as unknown as string;
  }

  /** Number of jobs in the spool; 0 without a spool. */
  get spooled(): number {
    return this.#spool?.jobs ?? 0;
  }

  /**
   * Resolves when the spool is empty. No default `timeout`. Rejects with `TIMEOUT`, `ABORTED` or
   * `CLOSED`.
   */
  async drained(options?: CallOptions): Promise<void> {
    await this.#spool?.drained(options && checkCall(options));
  }

  /** The server's state: queues, sets, counters. Sent again when the connection breaks. */
  info(options?: CallOptions): Promise<Info> {
    return commands.info(this.#connection, options);
  }

  /** Number of waiting jobs by queue; 0 for empty queues. */
  async queues(options?: CallOptions): Promise<Record<string, number>> {
    const info: Partial<Info> = await this.info(options);
    return info.faktory?.queues ?? {};
  }

  /**
   * Seconds that the oldest job of each named queue has waited; 0 for an empty or unknown queue. No
   * `*`.
   */
  latency<Queue extends string>(
    names: Queue | readonly Queue[],
    options?: CallOptions,
  ): Promise<Record<Queue, number>> {
    return commands.latency(this.#connection, [names].flat(), options);
  }

  /**
   * Pauses these queues: FETCH skips them until they are resumed. `'*'` = all that exist now.
   * Unknown names are ignored.
   */
  pauseQueue(names: string | readonly string[], options?: CallOptions): Promise<void> {
    return commands.queue(this.#connection, 'PAUSE', [names].flat(), options);
  }

  /** Undoes {@link Client.pauseQueue}; `'*'` = all. */
  resumeQueue(names: string | readonly string[], options?: CallOptions): Promise<void> {
    return commands.queue(this.#connection, 'RESUME', [names].flat(), options);
  }

  /**
   * Deletes these queues with their waiting jobs; `'*'` = all. Running, scheduled, failed and dead
   * jobs stay.
   */
  removeQueue(names: string | readonly string[], options?: CallOptions): Promise<void> {
    return commands.queue(this.#connection, 'REMOVE', [names].flat(), options);
  }

  /**
   * Clears, kills, discards or requeues jobs of the scheduled, retries or dead set, in the
   * protocol's form. Without a filter, or with an empty one, it changes all jobs of the set. {@link
   * Client.scheduled}, {@link Client.retries} and {@link Client.dead} are harder to misuse.
   *
   * @example
   * ```ts
   * const client = new Client();
   * await client.mutate({ cmd: 'requeue', target: 'dead', filter: { jobtype: 'SendEmail' } });
   * ```
   */
  async mutate(mutation: Mutation, options?: CallOptions): Promise<void> {
    // The server ignores unknown fields, so a misspelt condition would change the whole set.
    checkKnown('mutate', mutation, ['cmd', 'target', 'filter'], 'INVALID');
    if (mutation.filter) checkKnown('filter', mutation.filter, ['jids', 'jobtype', 'regexp'], 'INVALID');
    return commands.mutate(this.#connection, mutation, options);
  }

  /** Deletes everything on the server: queues, sets, reservations and counters. */
  flush(options?: CallOptions): Promise<void> {
    return commands.flush(this.#connection, options);
  }

  /**
   * Refuses new calls (`CLOSED`), waits until pending ones are settled, and sends END. Spooled jobs
   * stay in the spool. Never rejects; may be called twice.
   */
  async close(): Promise<void> {
    const error = new FaktoryError('CLOSED', 'the client was closed by this program');
    this.#forget();
    this.#spool?.refuse(error);
    await this.#connection.close();
    await this.#spool?.end(error).catch(() => undefined); // writes accepted pushes to disk
    this.#forgetSignal();
  }

  /**
   * One client for a URL in this process, created by the first call; a hot reload gets the same
   * one. Takes no other options; the README shows how to share a client that has some. After
   * `close()` the next call creates a new one.
   *
   * @throws FaktoryError `CONFIG` for an invalid URL.
   * @example
   * ```ts
   * const queue = Client.shared<{ SendEmail: [to: string] }>('tcp://localhost:7419');
   * await queue.push({ jobtype: 'SendEmail', args: ['bob@example.com'] });
   * ```
   */
  static shared<Jobs extends JobTypes<Jobs> = AnyJobs>(url?: string | readonly string[]): Client<Jobs> {
    const key = JSON.stringify(resolveServers({ url }));
    const made = sharedClients();
    const found = made.get(key);
    if (found !== undefined) return found as Client<Jobs>;
    const client = new Client<Jobs>({ url });
    made.set(key, client);
    client.#forget = () => made.delete(key);
    return client;
  }

  /** `await using client = new Client()` closes it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * The part of a {@link Client} that a program needs which only pushes, so that tests can replace
 * it.
 *
 * @example
 * ```ts
 * interface Jobs {
 *   SendEmail: [to: string];
 * }
 * const welcome = (producer: Producer<Jobs>, to: string) =>
 *   producer.push({ jobtype: 'SendEmail', args: [to] });
 * await welcome(new Client<Jobs>(), 'a@example.com');
 * ```
 */
export type Producer<Jobs extends JobTypes<Jobs> = AnyJobs> = Pick<Client<Jobs>, 'push' | 'pushBulk'>;
