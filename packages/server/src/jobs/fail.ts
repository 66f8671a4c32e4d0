/**
 * What a failed execution means: FAIL and an expired reservation end the same way, in retries, in dead, or nowhere.
 *
 * The rules are the original's (its retry curve, counts and 180 days); the decision is made from the reservation
 * alone, inside the commit that applies it.
 */
import {
  type Failure,
  type FailWish,
  failureText,
  formatTime,
  type Micros,
  retryOf,
} from '@faktory-ts/protocol';
import type { Engine, Held, Outcome, Reservation, Verdict } from '../engine/engine.ts';
import { nextAttempts } from './attempts.ts';
import { countedFailures, lossOf } from './losses.ts';

const SECOND = 1_000_000; // µs
const DAY = 86_400 * SECOND;
const JITTER = 30; // seconds, times the attempt

/** Dead entries are kept this long. */
export const DEAD_FOR = 180 * DAY;

/** What went wrong, cleaned by the protocol, and how the worker wants it to end. */
export interface Fault extends FailWish {
  readonly errtype: string;
  readonly message: string;
  readonly backtrace: readonly string[];
}

/** The server's settings for failures. */
export interface FailRules {
  /** A job that loses its worker this often, when the worker held no other job, goes to dead. */
  readonly mostLosses: number;
  /** Most failed executions that are kept of a job; 0: none. */
  readonly mostAttempts: number;
}

/** Ends the reservation badly. False: nobody holds it. */
export function fail(engine: Engine, held: Held, fault: Fault, rules: FailRules): Promise<boolean> {
  return engine.settle(held, failing(engine, fault, rules));
}

/** Ends many reservations badly, in one operation. */
export function failAll(
  engine: Engine,
  failed: readonly { readonly held: Held; readonly fault: Fault }[],
  rules: FailRules,
): Promise<readonly boolean[]> {
  return engine.settleMany(
    failed.map(({ held, fault }) => ({ held, verdict: failing(engine, fault, rules) })),
  );
}

function failing(engine: Engine, fault: Fault, rules: FailRules): Verdict {
  return (reservation) => outcomeOf(reservation, fault, engine.clock(), rules);
}

/** Fails up to `limit` reservations whose time is over; says how many there were. */
export async function expire(engine: Engine, limit: number, rules: FailRules): Promise<number> {
  const overdue = await engine.overdue(limit);
  const settled = overdue.map(({ jid, hold }) =>
    engine.settle({ jid, hold }, (reservation) => {
      const now = engine.clock();
      const extended = reservation.expiresAt > now; // since we looked
      if (extended) return undefined;
      const loss = lossOf(reservation, rules.mostLosses);
      const outcome = outcomeOf(reservation, loss.fault, now, rules, Math.random, loss);
      return reservation.leased && 'due' in outcome ? { ...outcome, lost: true } : outcome;
    }),
  );
  return (await Promise.all(settled)).filter(Boolean).length;
}

/** Where a failed job goes. `random` is in [0, 1) and spreads mass failures. */
export function outcomeOf(
  held: Reservation,
  fault: Fault,
  now: Micros,
  { mostAttempts }: Pick<FailRules, 'mostAttempts'>,
  random = Math.random,
  { free = false, ...counts }: { free?: boolean; shared_losses?: number; expirations?: number } = {},
): Outcome {
  const retry = retryOf(held.document);
  const before = held.failure === undefined ? undefined : (JSON.parse(held.failure) as Partial<Failure>);
  const failure = { ...nextFailure(before, retry, fault, now, free), ...counts };
  const error = { errtype: fault.errtype, message: fault.message };
  if (!free && (retry === 0 || fault.fate === 'discard')) return { to: 'forgotten', error };
  const attempts = nextAttempts(held, fault, failure.retry_count + 1, now, mostAttempts);
  const counted = countedFailures(failure);
  if ((free || counted < retry) && fault.fate !== 'dead') {
    const due = now + (fault.retry_in ?? retryDelay(free ? 0 : counted, random())) * SECOND;
    return {
      to: 'retries',
      due,
      failure: failureText({ ...failure, next_at: formatTime(due) }),
      attempts,
      error,
    };
  }
  return { to: 'dead', due: now + DEAD_FOR, failure: failureText(failure), attempts, error };
}

function nextFailure(
  before: Partial<Failure> | undefined,
  retry: number,
  fault: Fault,
  now: Micros,
  free: boolean,
): Failure {
  const { errtype, message, backtrace } = fault;
  const said = { message, errtype, ...(backtrace.length > 0 && { backtrace: [...backtrace] }) };
  const used = free ? 0 : 1;
  // The retry that follows a free failure is one more than `retry` allows.
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

/** Seconds until the next try: about 21 days in all over 25 retries. */
export function retryDelay(count: number, random: number): number {
  return count ** 4 + 15 + Math.floor(random * JITTER) * (count + 1);
}
