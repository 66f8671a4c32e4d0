/**
 * What ACK means: the job is done and forgotten. Of a job that nobody holds (acknowledged before, expired, unknown)
 * it changes nothing and is no error: clients repeat an ACK whose reply they lost.
 */
import type { Engine, Held } from '../engine/engine.ts';

/** Ends the reservation well. False: nobody holds it. */
export function ack(engine: Engine, held: Held): Promise<boolean> {
  return engine.settle(held, { to: 'done' });
}
