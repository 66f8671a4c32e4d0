/**
 * What it means that a reservation ran out: whose fault it may be, and when the job is dead.
 *
 * A worker that dies takes all its jobs along, and one of them may have killed it. Which one shows only when a job dies with a worker
 * that held nothing else. So a loss that the job shared with others uses no attempt and does not count toward dead; from two of them on
 * our worker runs the job alone. Note: workers that cannot do that, and those that take jobs without a lease, would go on for ever, so
 * a job is dead after ten losses of any kind.
 */
import type { Failure } from '@faktory-ts/protocol';
import type { Reservation } from '../engine/engine.ts';

/** Losses of any kind after which a job is dead. */
const MOST_LOSSES = 10;

/** What is said of the job, and whether it is dead. */
interface LossFault {
  readonly errtype: string;
  readonly message: string;
  readonly backtrace: readonly string[];
  readonly fate?: 'dead';
}

/** The end of a reservation whose time ran out. */
export interface LossRuling {
  readonly fault: LossFault;
  /** It uses no attempt. */
  readonly free: boolean;
  readonly shared_losses?: number;
  readonly expirations?: number;
}

/** Of a reservation whose time is over. `mostLosses` is the setting: so many losses without other jobs, and the job is dead. */
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

/** How many failed executions used an attempt, the last one not counted: `retry_count` of a job that never shared a loss. */
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

/** A producer may have sent a failure of its own: what is no count is none. */
function countsOf(failure: string | undefined): { shared_losses: number; expirations: number } {
  const { shared_losses, expirations } = (
    failure === undefined ? {} : JSON.parse(failure)
  ) as Partial<Failure>;
  return { shared_losses: count(shared_losses), expirations: count(expirations) };
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0;
}
