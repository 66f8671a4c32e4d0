/*
 * The producer: typed calls over one connection.
 * It must never hold a job back or send one twice by itself. A stranger would get wrong that nothing needs to be started: the
 * first call dials. An idle client does not keep the process alive; a call in the air does.
 */

import { hostname } from 'node:os';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { FaktoryError, type Info, type Job, type Mutation, newJid } from '@faktory-ts/protocol';
import type { CallOptions } from './call.ts';
import { commands } from './commands.ts';
import { Connection } from './connection.ts';
import {
  type AnyDefinition,
  checkArguments,
  definitionTable,
  type JobDefaults,
  type PushedJobs,
} from './define-job.ts';
import { type AnyJobs, type JobMap, type PushJob, wireFields, withDefaults } from './job-options.ts';
import { JobSet } from './sets.ts';
import { resolveServers } from './url.ts';

/** What a {@link Client} may be told. Everything has a default. */
export interface ClientOptions {
  /**
   * `tcp://:password@host:port` or `tcp+tls://…`; several are tried in order. Default: FAKTORY_PROVIDER, FAKTORY_URL, else
   * `tcp://localhost:7419`.
   */
  url?: string | readonly string[] | undefined;
  /** Wins over the ones in the URLs. Default: none. */
  password?: string | undefined;
  /**
   * By this name a server with our extensions counts what this client pushes, so that a push whose answer got lost is sent again
   * exactly when it was not carried out. One client at a time may have a name. Default: a random one; false = no such thing.
   */
  producer?: string | false | undefined;
  /** Definitions of the jobs it pushes: their arguments are checked, their defaults filled in. Default: none. See {@link Client.of}. */
  jobs?: readonly AnyDefinition[] | undefined;
  /** For every job, under the defaults of its definition and what the push says. Default: the server's. */
  defaults?: JobDefaults | undefined;
  /** Most calls that wait while the server is away; more reject with `LIMIT` at once. Default 10,000. */
  maxWaiting?: number | undefined;
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

const hour = 3600; // seconds

/** A random name lives as long as the client: the server need not remember it for long. */
function producerOf(name: ClientOptions['producer']): { name: string; keep?: number } | undefined {
  if (name === false) return undefined;
  return name === undefined ? { name: newJid(), keep: hour } : { name };
}

const jobsInLine = 1000; // what the protocol's authors advise

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
  /** Jobs that wait for their time. */
  readonly scheduled: JobSet<keyof Jobs & string>;
  /** Jobs that failed and wait for their next try. */
  readonly retries: JobSet<keyof Jobs & string>;
  /** Jobs that will not be tried again. */
  readonly dead: JobSet<keyof Jobs & string>;
  readonly #connection: Connection;
  readonly #definitions: ReadonlyMap<string, AnyDefinition>;
  readonly #defaults: JobDefaults | undefined;
  readonly #forgetSignal: () => void;

  /**
   * A client whose map of jobs is what the definitions say; see {@link defineJob}.
   *
   * @throws FaktoryError `CONFIG` as the constructor.
   * @example
   * ```ts
   * const resize = defineJob('Resize', { args: argsOf<[file: string]>(), queue: 'slow' });
   * const client = Client.of({ jobs: [resize] });
   * await client.push({ jobtype: 'Resize', args: ['a.png'] });
   * ```
   */
  static of<const Definitions extends readonly AnyDefinition[]>(
    options: ClientOptions & { jobs: Definitions },
  ): Client<PushedJobs<Definitions>> {
    return new Client<PushedJobs<Definitions>>(options);
  }

  /** @throws FaktoryError `CONFIG` for an option that cannot work. */
  constructor(options: ClientOptions = {}) {
    const { timeout = 5000, maxWaiting = 10_000, wid, labels, signal, tls } = options;
    if (!(timeout > 0)) throw new FaktoryError('CONFIG', 'timeout must be more than 0 milliseconds');
    if (!(maxWaiting >= 0)) throw new FaktoryError('CONFIG', 'maxWaiting must be a number, 0 or more');
    const hello = {
      hostname: hostname(),
      pid: process.pid,
      ...(wid && { wid }),
      labels: [...(labels ?? [])],
    };
    const addresses = resolveServers(options);
    const producer = producerOf(options.producer);
    const connection = new Connection({ addresses, hello, tls, timeout, maxWaiting, producer });
    this.#connection = connection;
    this.#definitions = definitionTable(options.jobs ?? []);
    this.#defaults = options.defaults;
    const mutate = (mutation: Mutation, given?: CallOptions): Promise<void> => this.mutate(mutation, given);
    this.scheduled = new JobSet('scheduled', mutate);
    this.retries = new JobSet('retries', mutate);
    this.dead = new JobSet('dead', mutate);
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
    const checked = this.#check(job);
    if (checked instanceof Promise) await checked;
    const fields = this.#fields(job);
    await commands.push(this.#connection, fields, options);
    return fields.jid;
  }

  /**
   * Pushes any number of jobs, 1,000 in a line, one line after the other. Takes arrays and everything that can be iterated, also
   * asynchronously: the next jobs are asked for when the ones before are on disk. Jobs that a rule refuses are told in `errors`,
   * the others are in.
   *
   * @throws FaktoryError as {@link Client.push}; the message says how many jobs were in before, and whether some of the line may be.
   * What the iterable throws.
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
  async pushBulk(
    jobs: Iterable<PushJob<Jobs>> | AsyncIterable<PushJob<Jobs>>,
    options?: CallOptions,
  ): Promise<BulkResult> {
    const result: BulkResult = { jids: [], errors: new Map() };
    let line: Job[] = [];
    let pushed = 0;
    const send = async (): Promise<void> => {
      const errors = await this.#pushLine(line, pushed, options);
      for (const [jid, message] of errors) result.errors.set(jid, message);
      pushed += line.length;
      line = [];
    };
    for await (const job of jobs) {
      const fields = this.#fields(job);
      const refusal = this.#definitions.size > 0 ? await this.#refusal(job) : undefined;
      if (refusal === undefined) line.push(fields);
      else result.errors.set(fields.jid, refusal);
      result.jids.push(fields.jid);
      if (line.length === jobsInLine) await send();
    }
    if (line.length > 0) await send();
    return result;
  }

  #fields(job: PushJob<Jobs>): Job {
    return wireFields(withDefaults(job, this.#definitions.get(job.jobtype)?.defaults, this.#defaults));
  }

  #check({ jobtype, args }: PushJob<Jobs>): unknown {
    return checkArguments(this.#definitions.get(jobtype), args);
  }

  /** Why the job's definition refuses its arguments. */
  async #refusal(job: PushJob<Jobs>): Promise<string | undefined> {
    try {
      await this.#check(job);
      return undefined;
    } catch (error) {
      if (error instanceof FaktoryError && error.code === 'INVALID') return error.message;
      throw error;
    }
  }

  async #pushLine(jobs: readonly Job[], before: number, options?: CallOptions): Promise<Map<string, string>> {
    try {
      return await commands.pushBulk(this.#connection, jobs, options);
    } catch (error) {
      if (before === 0 || !(error instanceof FaktoryError)) throw error;
      const message = `${error.message}; the ${before} jobs before were pushed`;
      throw new FaktoryError(error.code, message, { cause: error });
    }
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
