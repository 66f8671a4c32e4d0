/**
 * A login by hand, by the specification and not by the code under test.
 */
import { createHash } from 'node:crypto';
import type { Server } from '../src/index.ts';
import { connected } from './running.ts';
import type { WireClient } from './wire-client.ts';

/** Says HELLO with the proof of a secret, as a client that sends no name does. With `v: 1` it hashes once, as old clients do. */
export async function login(
  server: Server,
  secret: string,
  more: { readonly v?: number; readonly [name: string]: unknown } = {},
): Promise<[string, WireClient]> {
  const client = await connected(server);
  const { i, s } = JSON.parse((await client.line()).replace('+HI ', '')) as { i: number; s: string };
  let hash = createHash('sha256')
    .update(secret + s)
    .digest();
  for (let round = 1; round < (more.v === 1 ? 1 : i); round++)
    hash = createHash('sha256').update(hash).digest();
  const hello = { v: 2, pwdhash: hash.toString('hex'), ...more };
  return [await client.ask(`HELLO ${JSON.stringify(hello)}`), client];
}
