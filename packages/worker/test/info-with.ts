/*
 * Waiting for what a server says of itself.
 * It must never wait by the clock: it asks again and again, and the test's own limit ends it.
 */

import type { Client, Info } from '@faktory-ts/client';

/** Asks the server until its INFO is as wanted, and gives that. `unless` may throw to give up. */
export async function infoWith(
  client: Client,
  wanted: (faktory: Info['faktory']) => boolean,
  unless: () => void = () => {},
): Promise<Info['faktory']> {
  for (;;) {
    const { faktory } = await client.info();
    if (wanted(faktory)) return faktory;
    unless();
    await new Promise(setImmediate);
  }
}
