/**
 * Decides what an expired reservation costs its job: an attempt, nothing, or death.
 *
 * A worker that dies loses all its jobs, and one of them may have killed it. Only a job that was
 * alone with its worker is known to be the cause. So a loss shared with other jobs uses no attempt
 * and does not count toward `mostLosses`. From two shared losses on, `faktory-worker` runs the job
 * alone.
 *
 * Note: a job is dead after ten losses of any kind, because some workers would lose it for ever:
 * those that cannot run a job alone, and those that take jobs without a lease.
 */
import type { Failure } from '@faktory-ts/protocol';
import type { Reservation } from '../engine/engine.ts';

/** A job with this many losses, of any kind, is dead. */
const MOST_LOSSES = 10;

/** The error that the job gets, and whether it moves to dead. */
interface LossFault {
  readonly errtype: string;
  readonly message: string;
  readonly backtrace: readonly string[];
  readonly fate?: 'dead';
}

/** The decision about an expired reservation. */
export interface LossRuling {
  readonly fault: LossFault;
  /** True: the loss uses no attempt. */
  readonly free: boolean;
  readonly shared_losses?: number;
  readonly expirations?: number;
}

/**
 * Decides about an expired reservation.
 * @param mostLosses the setting: a job that lost its worker this often while the worker held no
 *   other job is dead
 */
export function lossOf(held: Reservation, mostLosses: number): LossRuling {
  const before = countsOf(held.failure);
  const losses = held.losses + before.expirations + 1;
  const tooMany = losses >= Math.max(MOST_LOSSES, mostLosses);
  if (!held.leased) return expired(before.expirations + 1, losses, tooMany);
  const others = held.others ?? 0;
  if (others > 0) return sharedLoss(held.wid, others, before.shared_losses + 1, losses, tooMany);
  const alone = Math.max(held.losses - before.shared_losses, 0) + 1;
  const last = tooMany || alone >= mostLosses;
  const message = `worker ${held.wid} sent no beat in time${last ? `; workers were lost with this job ${losses} times` : ''}`;
  return { fault: fault('WorkerLost', message, last), free: false };
}

/**
 * Failed executions that used an attempt, the last one not counted. Equals `retry_count` for a job
 * without shared losses.
 */
export function countedFailures({ retry_count, shared_losses = 0 }: Failure): number {
  return retry_count - shared_losses;
}

function sharedLoss(wid: string, others: number, shared: number, losses: number, last: boolean): LossRuling {
  const beside = `while it held ${others} other ${others === 1 ? 'job' : 'jobs'}`;
  const then = last ? `workers were lost with this job ${losses} times` : 'this uses no attempt';
  const message = `worker ${wid} sent no beat in time, ${beside}; ${then}`;
  return { fault: fault('WorkerLost', message, last), free: true, shared_losses: shared };
}

function expired(expirations: number, losses: number, last: boolean): LossRuling {
  const message = `Faktory job reservation expired${last ? `; that happened to this job ${losses} times` : ''}`;
  return { fault: fault('ReservationExpired', message, last), free: false, expirations };
}

function fault(errtype: string, message: string, last: boolean): LossFault {
  return { errtype, message, backtrace: [], ...(last && { fate: 'dead' }) };
}

/** Reads the counts of a failure; invalid ones are 0, because a producer may send any failure. */
function countsOf(failure: string | undefined): { shared_losses: number; expirations: number } {
  const { shared_losses, expirations } = (
    failure === undefined ? {} : JSON.parse(failure)
  ) as Partial<Failure>;
  return { shared_losses: count(shared_losses), expirations: count(expirations) };
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0;
}
