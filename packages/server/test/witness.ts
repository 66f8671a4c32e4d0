/**
 * A server that has accepted something, and the question that every bad input ends with: does it still serve others,
 * and does it still have what it accepted?
 */
import { expect } from 'vitest';
import type { Server, ServerOptions } from '../src/index.ts';
import { greeted, running } from './running.ts';
import type { WireClient } from './wire-client.ts';

export interface Witness {
  readonly server: Server;
  /** A connection that was open before the bad input came. */
  readonly other: WireClient;
  /** Asserts that old and new connections are served, and that the accepted jobs, and only those, are there. */
  unharmed(accepted?: number): Promise<void>;
}

/** A running server with one accepted job in the queue `kept`. */
export async function witnessed(options: ServerOptions = {}): Promise<Witness> {
  const server = await running(options);
  const other = await greeted(server);
  await other.push('kept-0001', { queue: 'kept' });
  let rounds = 0;
  const unharmed = async (accepted = 0): Promise<void> => {
    const { faktory } = await server.info();
    expect(faktory.queues.kept).toBe(1);
    expect(faktory.total_enqueued + faktory.sets.working + faktory.sets.scheduled).toBe(1 + accepted);
    for (const client of [other, await greeted(server, 'witness')]) {
      rounds += 1;
      const jid = `round-trip-${rounds}`;
      await client.push(jid, { queue: 'served' });
      expect(await client.fetch('served')).toBe(jid);
      expect(await client.ask(`ACK {"jid":"${jid}"}`)).toBe('+OK');
    }
  };
  return { server, other, unharmed };
}
