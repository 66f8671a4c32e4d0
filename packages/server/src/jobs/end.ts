/**
 * Ends reservations: ACK (the job is deleted) and giving back (the job returns to its queue). FAIL
 * and expired reservations come from fail.ts and end here too when there are many.
 *
 * Ending a reservation that is not held (acknowledged before, expired, unknown) changes nothing. It
 * is no error, because clients repeat an ACK whose reply they lost.
 * While a client watches with TAIL, the reservation is read before the commit for the event.
 */
import type { Ending, Engine, Outcome, Reservation, ReservationRef } from '../engine/engine.ts';
import type { Tail } from './tail.ts';

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
  const settled = await engine.settle(held, outcome);
  if (settled && reservation) tail.ended(reservation, outcome);
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
  const before: (Reservation | undefined)[] = [...(known ?? [])];
  if (!known) for (const { held } of ends) before.push(await engine.reservation(held));
  const settled = await engine.settleMany(ends);
  for (const [index, { outcome }] of ends.entries()) {
    const reservation = before[index];
    if (settled[index] && reservation) tail.ended(reservation, outcome);
  }
  return settled;
}
