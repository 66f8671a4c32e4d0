/**
 * What ACK means: the job is done and forgotten. Of a job that nobody holds (acknowledged before, expired, unknown)
 * it changes nothing and is no error: clients repeat an ACK whose reply they lost.
 */
import type { Engine } from '../engine/engine.ts';

/** Ends the reservation of this jid well. */
export function ack(engine: Engine, jid: string): Promise<boolean> {
  return engine.settle({ jid }, { to: 'done' });
}
