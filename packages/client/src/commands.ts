/**
 * The commands of clients and workers: the line, whether it may be sent twice, and how its reply is
 * read.
 *
 * Note: after a broken connection only commands that read, and those that end a job or repeat a
 * state (ACK, FAIL, BEAT), may be sent again. A second PUSH could be a second job.
 */

import {
  type BeatPayload,
  type FailPayload,
  type FailWish,
  FaktoryError,
  type FetchedJob,
  type HandOutNames,
  type Info,
  type Job,
  type Mutation,
  type Reply,
  readFetched,
  readJob,
  visible,
  wireError,
  write,
} from '@faktory-ts/protocol';
import type { CallOptions, CallRules } from './call.ts';
import type { Connection } from './connection.ts';
import { featureKeys } from './features.ts';
import type { Refusals } from './push-middleware.ts';

/** The state that the server requests from a worker in its answer to BEAT. */
export type WorkerSignal = 'quiet' | 'terminate';

const uncertain = 'the server may or may not have carried it out';

/**
 * Each function rejects as {@link Connection.call} does, and with `PROTOCOL` for a reply that the
 * command cannot have.
 */
export const commands = {
  async push(on: Connection, job: Job, options?: CallOptions): Promise<void> {
    const doubt = `the server may or may not have job ${job.jid}`;
    const needs = featureKeys(job.custom);
    done(await on.call(write.push(job), { ...options, doubt, counted: true, jid: job.jid, needs }));
  },

  /** Returns the refused jobs: jid → error. */
  pushBulk(on: Connection, jobs: readonly Job[], options?: CallOptions): Promise<Refusals> {
    return commands.pushLine(on, write.pushBulk(jobs), jobs, options);
  },

  /** {@link commands.pushBulk} for a line that is already written. */
  async pushLine(
    on: Connection,
    line: string,
    jobs: readonly Job[],
    options?: CallOptions,
  ): Promise<Refusals> {
    const doubt = `the server may have none, some or all of its ${jobs.length} jobs`;
    const errors = record(await on.call(line, { ...options, doubt, counted: true, needs: allNeeds(jobs) }));
    return new Map(Object.entries(errors).map(([jid, message]) => [jid, wireError(String(message))]));
  },

  async info(on: Connection, options?: CallOptions): Promise<Info> {
    // The server guarantees the shape (spec 5.8); callers check the fields they read.
    return record(await on.call(write.info(), { ...options, again: true })) as unknown as Info;
  },

  /** Not sent again, because it would delete jobs that were pushed in between. */
  async flush(on: Connection, options?: CallOptions): Promise<void> {
    done(await on.call(write.flush(), { ...options, doubt: uncertain }));
  },

  async mutate(on: Connection, mutation: Mutation, options?: CallOptions): Promise<void> {
    done(await on.call(write.mutate(mutation), { ...options, doubt: uncertain }));
  },

  async queue(
    on: Connection,
    sub: 'PAUSE' | 'RESUME' | 'REMOVE',
    names: readonly string[] | '*',
    options?: CallOptions,
  ): Promise<void> {
    done(await on.call(write.queue(sub, names), { ...options, doubt: uncertain }));
  },

  /** Seconds that the oldest job of each queue has waited. */
  async latency(
    on: Connection,
    names: readonly string[],
    options?: CallOptions,
  ): Promise<Record<string, number>> {
    const seconds = record(await on.call(write.queue('LATENCY', names), { ...options, again: true }));
    return Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, Number(value)]));
  },

  /**
   * Fetches a job; the server waits up to 2 s for one. Undefined: no job. `withdraw` cancels a
   * FETCH that is not sent yet. No timeout, because a dropped reply would lose a job; a silent
   * server breaks the connection instead.
   */
  async fetch(on: Connection, queues: readonly string[], withdraw?: AbortSignal): Promise<Job | undefined> {
    const rules: CallOptions & CallRules = { withdraw, timeout: Number.POSITIVE_INFINITY };
    const reply = await on.call(write.fetch(queues), rules);
    if (reply.kind === 'bulk') return reply.text === '' ? undefined : readJob(reply.text);
    if (reply.kind === 'nil') return undefined;
    throw unexpected(reply);
  },

  async ack(on: Connection, jid: string, options?: CallOptions): Promise<void> {
    done(await on.call(write.ack(jid), { ...options, again: true, outlast: true }));
  },

  /**
   * Rejects with `NOT_FOUND` when the job is no longer reserved: its result was already reported,
   * or the reservation expired.
   */
  async fail(on: Connection, failure: FailPayload, options?: CallOptions): Promise<void> {
    done(await on.call(write.fail(failure), { ...options, again: true, outlast: true }));
  },

  // Only on a connection whose `ready()` returned an offer.

  /**
   * Fetches up to `count` jobs; an empty list when there was none in 2 s. Waits as {@link
   * commands.fetch} does.
   */
  async fetchBulk(
    on: Connection,
    count: number,
    queues: readonly string[],
    withdraw?: AbortSignal,
  ): Promise<FetchedJob[]> {
    const rules: CallOptions & CallRules = { withdraw, timeout: Number.POSITIVE_INFINITY };
    const reply = await on.call(write.fetchBulk(count, queues), rules);
    if (reply.kind === 'bulk') return readFetched(reply.text);
    if (reply.kind === 'nil') return [];
    throw unexpected(reply);
  },

  /**
   * Ends reservations with success. Returns rid → reason for reservations that had already ended.
   */
  ackBulk(on: Connection, ended: readonly HandOutNames[], options?: CallOptions): Promise<Refused> {
    return settled(on, write.ackBulk(ended), options);
  },

  /** Ends reservations with a failure. */
  failBulk(
    on: Connection,
    ended: readonly (HandOutNames & FailPayload & FailWish)[],
    options?: CallOptions,
  ): Promise<Refused> {
    return settled(on, write.failBulk(ended), options);
  },

  /** Returns jobs to the heads of their queues. */
  release(on: Connection, unused: readonly HandOutNames[], options?: CallOptions): Promise<Refused> {
    return settled(on, write.release(unused), options);
  },

  /** Extends reservations to at least `seconds` from now. */
  extend(
    on: Connection,
    longer: readonly (HandOutNames & { seconds: number })[],
    options?: CallOptions,
  ): Promise<Refused> {
    return settled(on, write.extend(longer), options);
  },

  /**
   * Undefined: continue. Rejects with `NOT_FOUND` when the server does not know the wid: send HELLO
   * again.
   */
  async beat(on: Connection, beat: BeatPayload, options?: CallOptions): Promise<WorkerSignal | undefined> {
    const reply = await on.call(write.beat(beat), { ...options, again: true });
    if (reply.kind === 'simple') return undefined;
    const { state } = record(reply);
    return state === 'quiet' || state === 'terminate' ? state : undefined;
  },
};

/** rid → why that reservation was not changed. Empty: all were changed. */
export type Refused = Readonly<Record<string, string>>;

/**
 * Sent again when the connection breaks: a reservation id is never reused, so a second line changes
 * nothing.
 */
async function settled(on: Connection, line: string, options?: CallOptions): Promise<Refused> {
  return record(await on.call(line, { ...options, again: true, outlast: true })) as Refused;
}

function allNeeds(jobs: readonly Job[]): readonly string[] | undefined {
  const needs = new Set(jobs.flatMap(({ custom }) => featureKeys(custom) ?? []));
  return needs.size > 0 ? [...needs] : undefined;
}

function done(reply: Reply): void {
  if (reply.kind !== 'simple' || reply.text !== 'OK') throw unexpected(reply);
}

function record(reply: Reply): Record<string, unknown> {
  if (reply.kind !== 'bulk') throw unexpected(reply);
  let value: unknown;
  try {
    value = JSON.parse(reply.text);
  } catch (cause) {
    throw new FaktoryError('PROTOCOL', 'the server answered with bad JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(reply);
  return value as Record<string, unknown>;
}

function unexpected(reply: Reply): FaktoryError {
  const shown = reply.kind === 'nil' ? 'nothing' : visible(JSON.stringify(reply.text.slice(0, 100)));
  return new FaktoryError('PROTOCOL', `unexpected reply to this command: ${shown}`);
}
