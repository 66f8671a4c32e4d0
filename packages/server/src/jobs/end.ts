/**
 * Ends reservations: ACK (the job is deleted) and giving back (the job returns to its queue). FAIL
 * and expired reservations come from fail.ts and end here too when there are many.
 *
 * Ending a reservation that is not held (acknowledged before, expired, unknown) changes nothing. It
 * is no error, because clients repeat an ACK whose reply they lost.
 * While a client watches with TAIL, the reservation is read before the commit for the event.
 */
import { setImmediate } from 'node:timers/promises';
import type { Ending, Engine, Outcome, Reservation, ReservationRef } from '../engine/engine.ts';
import type { EndingJob, Tail } from './tail.ts';

/** The services that an end uses. */
export interface EndServices {
  readonly engine: Engine;
  readonly tail: Tail;
}

/** ACK: the job is deleted. */
export const DONE: Outcome = { to: 'done' };
/** Giving back: the job goes to the head of its queue and uses no attempt. */
export const GIVEN_BACK: Outcome = { to: 'queue' };

/** Ends a reservation. False: it is not held. */
export async function end(
  { engine, tail }: EndServices,
  held: ReservationRef,
  outcome: Outcome,
): Promise<boolean> {
  if (!tail.watched) return engine.settle(held, outcome);
  const reservation = await engine.reservation(held);
  const ending = reservation && tail.ending(reservation);
  const settled = await engine.settle(held, outcome);
  if (settled && ending) tail.ended(ending, outcome);
  return settled;
}

/**
 * Ends many reservations in one commit; returns for each whether it was held.
 * @param known the reservations, if the caller has read them
 */
export async function endAll(
  services: EndServices,
  ends: readonly Ending[],
  known?: readonly Reservation[],
): Promise<readonly boolean[]> {
  const { engine, tail } = services;
  if (!tail.watched) return engine.settleMany(ends);
  const ending = known?.map((reservation) => tail.ending(reservation)) ?? (await readAll(services, ends));
  const settled = await engine.settleMany(ends);
  for (const [index, { outcome }] of ends.entries()) {
    const job = ending[index];
    if (settled[index] && job) tail.ended(job, outcome);
  }
  return settled;
}

const MOST_READ_LENGTH = 1024 * 1024; // characters of documents between two pauses

/** What TAIL needs of the reservations; undefined: not held. */
async function readAll(
  { engine, tail }: EndServices,
  ends: readonly Ending[],
): Promise<(EndingJob | undefined)[]> {
  const found: (EndingJob | undefined)[] = [];
  let length = 0;
  for (const { held } of ends) {
    if (length > MOST_READ_LENGTH) {
      await setImmediate();
      length = 0;
    }
    const reservation = await engine.reservation(held);
    found.push(reservation && tail.ending(reservation));
    length += reservation?.document.length ?? 0;
  }
  return found;
}
