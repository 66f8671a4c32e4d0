/**
 * What a worker holds by the store's account and not by its own: hand-outs whose replies never reached it. They go back to the heads
 * of their queues, in the order in which they were handed out, with no attempt used.
 *
 * Note: the caller first ends the worker's other fetches, because a hand-out that is made between the worker's list and this call
 * would be taken from it.
 */
import type { Micros } from '@faktory-ts/protocol';
import { type EndServices, endAll, GIVEN_BACK } from './end.ts';

const BITE = 1000; // reservations in one commit; as many as one FETCHB takes

/** Gives back what this worker took with a lease, but those hand-outs that it has; says how many. */
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
