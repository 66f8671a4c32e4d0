/**
 * Gives back jobs that the store has reserved for a worker but whose hand-outs never reached it.
 * They go to the heads of their queues, in the order of their hand-outs, and use no attempt.
 *
 * Note: the caller first ends the worker's other fetches, because a job that one of them takes
 * later is not in the worker's list: it would be given back although the worker has it.
 */
import type { Micros } from '@faktory-ts/protocol';
import { type EndServices, endAll, GIVEN_BACK } from './end.ts';

const BITE = 1000; // reservations in one commit; as many as one FETCHB takes

/**
 * Gives back the worker's leased jobs except the hand-outs in `holding`; returns how many.
 * @param holding reservation ids of the jobs that the worker has
 */
export async function giveBackOthers(
  services: EndServices,
  wid: string,
  holding: readonly Micros[],
): Promise<number> {
  const has = new Set(holding);
  const others = (await services.engine.leasedBy(wid)).filter(({ reservationId }) => !has.has(reservationId));
  let count = 0;
  for (let from = 0; from < others.length; from += BITE) {
    const bite = others.slice(from, from + BITE);
    const settled = await endAll(
      services,
      bite.map((held) => ({ held, outcome: GIVEN_BACK })),
    );
    count += settled.filter(Boolean).length;
  }
  return count;
}
