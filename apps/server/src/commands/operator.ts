/**
 * A server as the commands use it: the classic verbs, and the extensions of our server, whose long
 * operations are called in parts until all are done.
 *
 * Note: a classic Faktory is supported too: a verb that it does not have rejects with
 * UNKNOWN_COMMAND and a text that says so.
 */
import { type Connection, commands } from '@faktory-ts/client';
import {
  type ChangeAsk,
  type ChangedJobs,
  type CountedJobs,
  FaktoryError,
  type FoundJob,
  type FoundJobs,
  type Info,
  type JobFilter,
  type JobsAsk,
  type JobsProgress,
  jsonItems,
  jsonMembers,
  type Mutation,
  type QueueStatus,
  type TailAsk,
  type TailedEvents,
  type TokensStatus,
  type WorkersStatus,
} from '@faktory-ts/protocol';
import type { Backup } from '@faktory-ts/server';

const PATIENCE = 30_000; // ms; one part takes about 50 ms, longer on a busy machine

const BACKUP_PATIENCE = 3_600_000; // ms; a store of many gigabytes takes minutes

/** Called with the progress of a search. */
export type Onward = (progress: JobsProgress) => void;

/**
 * A found job, and its JSON text from the server, with numbers and escapes as the client wrote
 * them.
 */
export interface FoundText {
  readonly found: FoundJob;
  readonly text: string;
}

export class Operator {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  info(): Promise<Info> {
    return commands.info(this.#connection);
  }

  /** Pushes a job of this JSON text, which must be one line. */
  async push(jid: string, text: string): Promise<void> {
    const reply = await this.#connection.call(`PUSH ${text}\r\n`, {
      doubt: `job ${jid} may or may not have been accepted`,
    });
    if (reply.kind !== 'simple' || reply.text !== 'OK')
      throw new FaktoryError('PROTOCOL', `unexpected reply to PUSH: ${reply.kind}`);
  }

  mutate(mutation: Mutation): Promise<void> {
    return commands.mutate(this.#connection, mutation, { timeout: PATIENCE });
  }

  latency(names: readonly string[]): Promise<Record<string, number>> {
    return commands.latency(this.#connection, names);
  }

  queue(sub: 'PAUSE' | 'RESUME' | 'REMOVE', names: readonly string[] | '*'): Promise<void> {
    return commands.queue(this.#connection, sub, names);
  }

  /** Whether the server has the verbs for operators. */
  async extended(): Promise<boolean> {
    return (await this.#connection.ready()) !== undefined;
  }

  queues(): Promise<QueueStatus[]> {
    return this.#ask('QUEUES', 'the queues with what is paused');
  }

  workers(): Promise<WorkersStatus> {
    return this.#ask('WORKERS', 'the list of workers');
  }

  async signal(wid: string, state: 'quiet' | 'terminate'): Promise<number> {
    const told = await this.#ask<{ signalled: number }>('SIGNAL', 'signals to workers', { wid, state });
    return told.signalled;
  }

  /** Makes a backup on the server's disk. */
  backup(): Promise<Backup> {
    return this.#ask('BACKUP', 'making a backup', {}, BACKUP_PATIENCE);
  }

  /** Checks a backup on the server; undefined: the newest. */
  verify(id: string | undefined): Promise<Backup> {
    return this.#ask('VERIFY', 'checking a backup', { id }, BACKUP_PATIENCE);
  }

  backups(): Promise<Backup[]> {
    return this.#ask('BACKUPS', 'the list of backups');
  }

  tokens(): Promise<TokensStatus> {
    return this.#ask('TOKENS', 'the list of tokens');
  }

  revokeToken(name: string): Promise<{ revoked: string }> {
    return this.#ask('TOKENS', 'revoking a token', { revoke: name });
  }

  tail(ask: TailAsk): Promise<TailedEvents> {
    return this.#ask('TAIL', 'the tail of events', ask);
  }

  /** Returns up to `most` jobs while they are found. */
  async *find(
    filter: JobFilter & Pick<JobsAsk, 'order'>,
    most: number,
    onward: Onward,
  ): AsyncGenerator<FoundText> {
    let cursor: string | undefined;
    let left = most;
    do {
      const ask = { ...filter, cursor, limit: Math.min(left, 1000) };
      const answer = await this.#askText('JOBS', 'looking for jobs', ask);
      const bite = JSON.parse(answer) as FoundJobs;
      onward(bite);
      const texts = jsonItems(jsonMembers(answer).get('jobs') ?? '[]');
      for (const [index, found] of bite.jobs.entries()) yield { found, text: texts[index] ?? '' };
      left -= bite.jobs.length;
      cursor = bite.next;
    } while (cursor !== undefined && left > 0);
  }

  async count(filter: JobFilter, onward: Onward): Promise<number> {
    const ask = { ...filter, count: true };
    return this.#whole('JOBS', 'looking for jobs', ask, ({ count }: CountedJobs) => count, onward);
  }

  /** Changes all matching jobs; returns how many. */
  async change(ask: ChangeAsk, onward: Onward): Promise<number> {
    return this.#whole('CHANGE', 'changing jobs', ask, ({ changed }: ChangedJobs) => changed, onward);
  }

  async #whole<Bite extends JobsProgress>(
    verb: string,
    what: string,
    ask: object,
    part: (bite: Bite) => number,
    onward: Onward,
  ): Promise<number> {
    let sum = 0;
    let cursor: string | undefined;
    do {
      const bite = await this.#ask<Bite>(verb, what, { ...ask, cursor });
      onward(bite);
      sum += part(bite);
      cursor = bite.next;
    } while (cursor !== undefined);
    return sum;
  }

  async #ask<T>(verb: string, what: string, payload: object = {}, timeout = PATIENCE): Promise<T> {
    const text = await this.#askText(verb, what, payload, timeout);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw unreadable(verb, cause);
    }
  }

  async #askText(verb: string, what: string, payload: object = {}, timeout = PATIENCE): Promise<string> {
    const refused = `${what} needs a faktory-ts server with ${verb}; this server has only Faktory's classic protocol`;
    if (!(await this.extended())) throw new FaktoryError('UNKNOWN_COMMAND', refused);
    const options = { timeout, again: verb !== 'CHANGE' && verb !== 'TOKENS' };
    try {
      const reply = await this.#connection.call(`${verb} ${JSON.stringify(payload)}\r\n`, options);
      if (reply.kind === 'bulk') return reply.text;
    } catch (cause) {
      if (!(cause instanceof FaktoryError) || cause.code !== 'UNKNOWN_COMMAND') throw cause;
      throw new FaktoryError('UNKNOWN_COMMAND', refused, { cause });
    }
    throw unreadable(verb);
  }
}

function unreadable(verb: string, cause?: unknown): FaktoryError {
  return new FaktoryError('PROTOCOL', `unexpected reply to ${verb}`, { cause });
}
