/*
 * The way of a command to a running server: the flag --url, else what the environment says, as every client reads it.
 * It must never print the URL: a password may be in it.
 */
import { Client } from '@faktory-ts/client';
import type { Call, Flag } from './command.ts';

/** The flags of every command that speaks to a server. */
export const serverFlags = {
  url: {
    value: 'URL',
    describe: 'the server, tcp://:PASSWORD@HOST:PORT or tcp+tls://…',
    normal: 'FAKTORY_PROVIDER, FAKTORY_URL, else tcp://localhost:7419',
  },
} satisfies Record<string, Flag>;

/** Calls `act` with a client, and closes it whatever comes. */
export async function withServer<T>(call: Call<'url'>, act: (client: Client) => Promise<T>): Promise<T> {
  const { signal } = call.terminal;
  const client = new Client({ url: call.value('url'), signal });
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}
