/*
 * Every command a client or a worker sends: its line, whether it may be sent twice, and what its reply means.
 * It must never decide when to send. A stranger would get wrong which ones may be sent again after a broken connection: those
 * that only read, and those that end a job (ACK, FAIL, BEAT); a PUSH sent again could be a second job.
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

/** What the server asks of a worker in its answer to BEAT. */
export type WorkerSignal = 'quiet' | 'terminate';

const uncertain = 'the server may or may not have carried it out';

/** Each function rejects with what {@link Connection.call} rejects with, and `PROTOCOL` for a reply that cannot be its own. */
export const commands = {
  async push(on: Connection, job: Job, options?: CallOptions): Promise<void> {
    const doubt = `job ${job.jid} may or may not be in`;
    const needs = featureKeys(job.custom);
    done(await on.call(write.push(job), { ...options, doubt, counted: true, jid: job.jid, needs }));
  },

  /** Gives jid → error for the jobs that were refused. */
  pushBulk(on: Connection, jobs: readonly Job[], options?: CallOptions): Promise<Refusals> {
    return commands.pushLine(on, write.pushBulk(jobs), jobs, options);
  },

  /** A PUSHB with these jobs that is written already. */
  async pushLine(
    on: Connection,
    line: string,
    jobs: readonly Job[],
    options?: CallOptions,
  ): Promise<Refusals> {
    const doubt = `none, some or all of its ${jobs.length} jobs may be in`;
    const errors = record(await on.call(line, { ...options, doubt, counted: true, needs: allNeeds(jobs) }));
    return new Map(Object.entries(errors).map(([jid, message]) => [jid, wireError(String(message))]));
  },

  async info(on: Connection, options?: CallOptions): Promise<Info> {
    // The shape is the server's promise (spec 5.8); what is read from it elsewhere is checked there.
    return record(await on.call(write.info(), { ...options, again: true })) as unknown as Info;
  },

  /** Not sent again: jobs pushed in between would be wiped too. */
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

  /** Seconds the oldest job of each queue has waited. */
  async latency(
    on: Connection,
    names: readonly string[],
    options?: CallOptions,
  ): Promise<Record<string, number>> {
    const seconds = record(await on.call(write.queue('LATENCY', names), { ...options, again: true }));
    return Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, Number(value)]));
  },

  /**
   * Takes a job, or waits on the server for up to 2 s; undefined = none came. `withdraw` takes back a FETCH that is still unsent.
   * No deadline by itself: a reply thrown away would be a job thrown away. A silent server breaks the connection instead.
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

  /** `NOT_FOUND` when the job is no longer reserved: it was told before, or its time ran out. */
  async fail(on: Connection, failure: FailPayload, options?: CallOptions): Promise<void> {
    done(await on.call(write.fail(failure), { ...options, again: true, outlast: true }));
  },

  // Only on a connection whose `ready()` gave an offer.

  /** Takes up to `count` jobs; none when none came in 2 s. Waits as {@link commands.fetch} does. */
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

  /** Ends reservations well. Gives rid → reason for those that were over already. */
  ackBulk(on: Connection, ended: readonly HandOutNames[], options?: CallOptions): Promise<Refused> {
    return settled(on, write.ackBulk(ended), options);
  },

  /** Ends reservations badly. */
  failBulk(
    on: Connection,
    ended: readonly (HandOutNames & FailPayload & FailWish)[],
    options?: CallOptions,
  ): Promise<Refused> {
    return settled(on, write.failBulk(ended), options);
  },

  /** Gives jobs back to the heads of their queues. */
  release(on: Connection, unused: readonly HandOutNames[], options?: CallOptions): Promise<Refused> {
    return settled(on, write.release(unused), options);
  },

  /** Makes reservations last at least `seconds` from now. */
  extend(
    on: Connection,
    longer: readonly (HandOutNames & { seconds: number })[],
    options?: CallOptions,
  ): Promise<Refused> {
    return settled(on, write.extend(longer), options);
  },

  /** Undefined = go on. `NOT_FOUND` when the server does not know the wid: say HELLO again. */
  async beat(on: Connection, beat: BeatPayload, options?: CallOptions): Promise<WorkerSignal | undefined> {
    const reply = await on.call(write.beat(beat), { ...options, again: true });
    if (reply.kind === 'simple') return undefined;
    const { state } = record(reply);
    return state === 'quiet' || state === 'terminate' ? state : undefined;
  },
};

/** rid → why that reservation was left as it is. Empty: all went well. */
export type Refused = Readonly<Record<string, string>>;

/** Sent again when the connection breaks: a reservation id is never given twice, so the second line changes nothing. */
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
  return new FaktoryError('PROTOCOL', `the server answered ${shown}, which is no answer to this command`);
}
