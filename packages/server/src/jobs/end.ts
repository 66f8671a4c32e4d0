/**
 * How reservations end: ACK, giving back, and the failures of fail.ts. Of a job that is not held (acknowledged before, expired,
 * unknown) nothing changes, and that is no error: clients repeat an ACK whose reply they lost.
 */
import type { Ending, Engine, Outcome, Reservation, ReservationRef } from '../engine/engine.ts';
import type { Tail } from './tail.ts';

/** What an end needs. */
export interface EndServices {
  readonly engine: Engine;
  readonly tail: Tail;
}

/** The job is done, and deleted. */
export const DONE: Outcome = { to: 'done' };
/** The job goes back to the head of its queue; no attempt is used. */
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

/** Ends many reservations in one commit; says of each whether it was held. */
export async function endAll(services: EndServices, ends: readonly Ending[]): Promise<readonly boolean[]> {
  const { engine, tail } = services;
  if (!tail.watched) return engine.settleMany(ends);
  const before: (Reservation | undefined)[] = [];
  for (const { held } of ends) before.push(await engine.reservation(held));
  const settled = await engine.settleMany(ends);
  for (const [index, { outcome }] of ends.entries()) {
    const reservation = before[index];
    if (settled[index] && reservation) tail.ended(reservation, outcome);
  }
  return settled;
}
