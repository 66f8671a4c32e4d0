/**
 * Polls the INFO of a server until it is as wanted. Fails with the last INFO.
 */

import type { Client, Info } from '@faktory-ts/client';

const longest = 15_000; // ms; below the tests' own limit, so that the failure shows the last INFO

/** Returns the first wanted INFO of the server. `unless` may throw to stop. */
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
