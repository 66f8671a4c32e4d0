/**
 * Connects a command to a running server: by the flag --url, else by the environment, as every
 * client does. The URL is never printed, because it may hold a password.
 */
import { hostname } from 'node:os';
import { Connection, clientTls, resolveServers, type ServerAddress } from '@faktory-ts/client';
import { extensionVersion, FaktoryError } from '@faktory-ts/protocol';
import { inWordsOfProgram } from '../written.ts';
import type { Call, Flag } from './command.ts';
import { Operator } from './operator.ts';

/** The flags of every command that uses a server. */
export const serverFlags = {
  url: {
    value: 'URL',
    describe: 'the server, tcp://:PASSWORD@HOST:PORT or tcp+tls://…',
    normal: 'FAKTORY_PROVIDER, FAKTORY_URL, else tcp://localhost:7419',
  },
  'tls-cert': {
    value: 'FILE',
    describe: 'certificate of this program (PEM), when the server requires one',
    normal: 'FAKTORY_TLS_CERT',
  },
  'tls-key': { value: 'FILE', describe: 'private key of that certificate (PEM)', normal: 'FAKTORY_TLS_KEY' },
  'tls-ca': {
    value: 'FILE',
    describe: 'certificate authorities to trust (PEM)',
    normal: "FAKTORY_TLS_CA, else Node's and NODE_EXTRA_CA_CERTS",
  },
} satisfies Record<string, Flag>;

/** A flag about the server. */
export type ServerFlag = keyof typeof serverFlags;

/** The addresses of the servers. Throws CONFIG. */
function addressesOf(call: Call<'url'>): ServerAddress[] {
  try {
    return resolveServers({ url: call.value('url') }, call.terminal.env);
  } catch (cause) {
    if (!(cause instanceof FaktoryError)) throw cause;
    throw new FaktoryError(cause.code, cause.message.replace(/^the url option/, '--url'), { cause });
  }
}

/** The TLS options of flags and environment. Throws CONFIG. */
function tlsOf(call: Call<ServerFlag>, addresses: readonly ServerAddress[]): ReturnType<typeof clientTls> {
  const files = { key: call.value('tls-key'), cert: call.value('tls-cert'), ca: call.value('tls-ca') };
  return clientTls(addresses, { files }, call.terminal.env);
}

/**
 * Calls `act` with the server of the command, and closes the connection afterwards in every case.
 */
export async function withServer<T>(
  call: Call<ServerFlag>,
  act: (server: Operator) => Promise<T>,
): Promise<T> {
  const { signal } = call.terminal;
  const addresses = addressesOf(call);
  let [refused, met] = [0, false];
  const connection: Connection = new Connection({
    addresses,
    tls: tlsOf(call, addresses),
    hello: { hostname: hostname(), pid: process.pid, labels: ['faktory admin'] },
    extension: () => ({ v: extensionVersion }),
    onUp: () => {
      met = true;
    },
    onDown: (error) => {
      refused += 1;
      // A user waits, so an absent server is an error at once. A server that answered before is
      // waited for, because it may be restarting.
      if (!met && refused >= addresses.length) connection.abort(error);
    },
  });
  const abort = (): void => connection.abort(new FaktoryError('ABORTED', 'given up'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await act(new Operator(connection));
  } catch (cause) {
    if (!(cause instanceof FaktoryError)) throw cause;
    const told = inWordsOfProgram(cause.message);
    if (met || !told.includes('ECONNREFUSED'))
      throw told === cause.message ? cause : new FaktoryError(cause.code, told, { cause });
    const text = `${told}; nothing listens there: start the server, or name another one with --url or FAKTORY_URL`;
    throw new FaktoryError(cause.code, text, { cause });
  } finally {
    signal.removeEventListener('abort', abort);
    await connection.close();
  }
}
