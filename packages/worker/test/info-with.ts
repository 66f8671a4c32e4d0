/*
 * Waiting for what a server says of itself: asks again and again, and fails with what it said last when it does not come.
 */

import type { Client, Info } from '@faktory-ts/client';

const longest = 15_000; // ms; less than the tests' own limit, so that the failure says what was missing

/** Asks the server until its INFO is as wanted, and gives that. `unless` may throw to give up. */
export async function infoWith(
  client: Client,
  wanted: (faktory: Info['faktory']) => boolean,
  unless: () => void = () => {},
): Promise<Info['faktory']> {
  const until = performance.now() + longest;
  for (;;) {
    const { faktory } = await client.info();
    if (wanted(faktory)) return faktory;
    unless();
    if (performance.now() > until)
      throw new Error(`not ${wanted} within ${longest} ms: ${JSON.stringify(faktory)}`);
    await new Promise(setImmediate);
  }
}
