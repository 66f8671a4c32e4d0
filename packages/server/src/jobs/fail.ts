/**
 * FAIL and expired reservations: decides whether the job goes to retries, goes to dead or is
 * deleted, and commits that.
 *
 * Each end is read, decided, settled: `engine.reservation` reads, `outcomeOf` decides, and
 * `engine.settle` commits if that reservation is still held. The decision may be made twice, so it
 * is pure: `fail` draws its random number once, outside.
 * Retry delays, counts and the 180 days in dead are those of Faktory.
 */
import {
  type Failure,
  type FailWish,
  failureText,
  formatTime,
  type Micros,
  retryOf,
} from '@faktory-ts/protocol';
import type { Ending, Outcome, Reservation, ReservationRef } from '../engine/engine.ts';
import { largeParts } from '../rounds.ts';
import { nextAttempts } from './attempts.ts';
import { type EndServices, endAll } from './end.ts';
import { countedFailures, lossOf } from './losses.ts';

const SECOND = 1_000_000; // µs
const DAY = 86_400 * SECOND;
const JITTER = 30; // seconds, multiplied by the number of the attempt

/** Time from the end of a job until its dead entry expires. */
export const DEAD_FOR = 180 * DAY;

/** The error that a worker reported, and the end it asks for (FAIL's options). */
export interface FailReport extends FailWish {
  readonly errtype: string;
  readonly message: string;
  readonly backtrace: readonly string[];
}

/** The server's settings for failures. */
export interface FailRules {
  /** A job that lost its worker this often while the worker held no other job goes to dead. */
  readonly mostLosses: number;
  /** The most failed executions to store for a job; 0: none. */
  readonly mostAttempts: number;
}

/** Fails the execution of a reservation. False: it is not held. */
export async function fail(
  services: EndServices,
  held: ReservationRef,
  fault: FailReport,
  rules: FailRules,
): Promise<boolean> {
  const { engine, tail } = services;
  const random = Math.random();
  for (;;) {
    const reservation = await engine.reservation(held);
    if (!reservation) return false;
    const { reservationId } = reservation;
    const outcome = outcomeOf(reservation, fault, engine.clock(), rules, random);
    if (await engine.settle({ ...held, reservationId }, outcome)) {
      if (tail.watched) tail.ended(tail.ending(reservation), outcome);
      return true;
    }
    if (held.reservationId !== undefined) return false;
    // Named by jid alone: another hand-out of the jid may be held, so read again.
  }
}

const MOST_READ = 100; // reservations between two pauses
const MOST_READ_LENGTH = 1024 * 1024; // characters of their documents
// Characters of the documents in one commit: a commit of 240 MB held the event loop for 400 ms.
const MOST_COMMITTED_LENGTH = 4 * 1024 * 1024;

/**
 * Fails many executions in one commit, or in several when their documents are large. A reservation that is named by jid alone may end between the
 * read and the commit; then its FAIL is read and settled again by itself.
 */
export async function failAll(
  services: EndServices,
  failed: readonly { readonly held: ReservationRef; readonly fault: FailReport }[],
  rules: FailRules,
): Promise<readonly boolean[]> {
  const { engine } = services;
  const ends = new Map<number, Ending>();
  const commits: Ending[][] = [[]];
  let [rows, length, committed] = [0, 0, 0];
  for (const [index, { held, fault }] of failed.entries()) {
    if (rows === MOST_READ || length > MOST_READ_LENGTH) {
      await largeParts.next();
      rows = length = 0;
    }
    const reservation = await engine.reservation(held);
    if (!reservation) continue;
    const { reservationId, document } = reservation;
    rows += 1;
    length += document.length;
    const outcome = outcomeOf(reservation, fault, engine.clock(), rules, Math.random());
    const end = { held: { ...held, reservationId }, outcome };
    ends.set(index, end);
    committed += document.length;
    if (committed > MOST_COMMITTED_LENGTH && commits.at(-1)?.length !== 0) {
      commits.push([]);
      committed = document.length;
    }
    commits.at(-1)?.push(end);
  }
  const settled: boolean[] = [];
  for (const some of commits) settled.push(...(await endAll(services, some)));
  const ended = new Map([...ends.keys()].map((index, at) => [index, settled[at] ?? false]));
  const results = failed.map(({ held, fault }, index) => {
    const done = ended.get(index) ?? false;
    const again = !done && ends.has(index) && held.reservationId === undefined;
    return again ? fail(services, held, fault, rules) : done;
  });
  return Promise.all(results);
}

/** Fails up to `limit` expired reservations; returns how many it ended. */
export async function expire(services: EndServices, limit: number, rules: FailRules): Promise<number> {
  const { engine } = services;
  const overdue = await engine.overdue(limit);
  const now = engine.clock();
  const ends = overdue.map((reservation): Ending => {
    const { jid, reservationId, leased } = reservation;
    const loss = lossOf(reservation, rules.mostLosses);
    const outcome = outcomeOf(reservation, loss.fault, now, rules, Math.random(), loss);
    return {
      held: { jid, reservationId },
      outcome: leased && 'in' in outcome ? { ...outcome, lost: true } : outcome,
      onlyIfOverdue: true,
    };
  });
  return (await endAll(services, ends, overdue)).filter(Boolean).length;
}

/**
 * Decides where a failed job goes. Pure.
 * @param random in [0, 1): spreads the retries of jobs that failed together
 */
export function outcomeOf(
  held: Reservation,
  fault: FailReport,
  now: Micros,
  { mostAttempts }: Pick<FailRules, 'mostAttempts'>,
  random: number,
  { free = false, ...counts }: { free?: boolean; shared_losses?: number; expirations?: number } = {},
): Outcome {
  const retry = retryOf(held.document);
  const before = held.failure === undefined ? undefined : (JSON.parse(held.failure) as Partial<Failure>);
  const failure = { ...nextFailure(before, retry, fault, now, free), ...counts };
  const error = { errtype: fault.errtype, message: fault.message };
  if (!free && (retry === 0 || fault.fate === 'discard')) return { to: 'discarded', error };
  const attempts = nextAttempts(held, fault, failure.retry_count + 1, now, mostAttempts);
  const counted = countedFailures(failure);
  if ((free || counted < retry) && fault.fate !== 'dead') {
    const delay = (fault.retry_in ?? retryDelay(free ? 0 : counted, random)) * SECOND;
    return {
      to: 'retries',
      in: delay,
      failure: failureText({ ...failure, next_at: formatTime(now + delay) }),
      attempts,
      error,
    };
  }
  return { to: 'dead', in: DEAD_FOR, failure: failureText(failure), attempts, error };
}

function nextFailure(
  before: Partial<Failure> | undefined,
  retry: number,
  fault: FailReport,
  now: Micros,
  free: boolean,
): Failure {
  const { errtype, message, backtrace } = fault;
  const said = { message, errtype, ...(backtrace.length > 0 && { backtrace: [...backtrace] }) };
  const used = free ? 0 : 1;
  // A failure that used no attempt gets a retry beyond those that `retry` allows.
  if (!before) return { retry_count: 0, remaining: retry + 1 - used, failed_at: formatTime(now), ...said };
  const { shared_losses, expirations } = before;
  return {
    retry_count: (before.retry_count ?? 0) + 1,
    remaining: Math.max((before.remaining ?? retry) - used, 0),
    failed_at: before.failed_at ?? formatTime(now),
    ...(before.next_at !== undefined && { next_at: before.next_at }),
    ...said,
    ...(shared_losses !== undefined && { shared_losses }),
    ...(expirations !== undefined && { expirations }),
  };
}

/** Seconds until the next attempt: over 25 retries about 21 days together. */
export function retryDelay(count: number, random: number): number {
  return count ** 4 + 15 + Math.floor(random * JITTER) * (count + 1);
}
