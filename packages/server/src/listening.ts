/**
 * Listening on an address, and why it failed in words that say what to do: for a port in use, which process has it.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { FaktoryError } from '@faktory-ts/protocol';
import { addressOf } from './address.ts';

/** Where to listen, and how the error names it. */
export interface ListenAt {
  /** Empty means all interfaces. */
  readonly host: string;
  readonly port: number;
  /** Said behind the address: ` for HTTP`. */
  readonly purpose?: string;
  /** The flag that chooses another address. */
  readonly flag: string;
}

/** How errors name the two addresses. */
export const WIRE = { flag: '-b' } as const;
export const WEB = { purpose: ' for HTTP', flag: '-w' } as const;

interface Addresses {
  readonly host: string;
  readonly port: number;
  readonly http?: { readonly host: string; readonly port: number } | undefined;
}

const BACKLOG = 1024; // connections not accepted yet

/** Listens; gives the port. Throws LISTEN when the address cannot be had. */
export function listen(server: Server, { host, port, purpose = '', flag }: ListenAt): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException): void =>
      reject(
        new FaktoryError('LISTEN', `cannot listen: ${faultOf(cause, { host, port, purpose, flag })}`, {
          cause,
        }),
      );
    server.once('error', refuse);
    server.listen({ port, backlog: BACKLOG, ...(host !== '' && { host }) }, () => {
      server.off('error', refuse);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound ? bound.port : port);
    });
  });
}

/**
 * Checks that all addresses can be listened on, and listens on none afterwards. A port that is in use is no fault when it is one
 * of `except`. Throws LISTEN.
 */
export async function checkAddresses(
  { host, port, http }: Addresses,
  except: readonly number[],
): Promise<void> {
  const all = [{ host, port, ...WIRE }, ...(http ? [{ host: http.host, port: http.port, ...WEB }] : [])];
  const held: Server[] = [];
  try {
    for (const at of all) {
      const trial = createServer();
      try {
        await listen(trial, { ...at, host: await addressOf(at.host) });
        held.push(trial); // until all are checked: two of them may be the same
      } catch (error) {
        const { cause } = error as { cause?: NodeJS.ErrnoException };
        if (cause?.code !== 'EADDRINUSE' || !except.includes(at.port)) throw error;
      }
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

function faultOf(cause: NodeJS.ErrnoException, { host, port, purpose = '', flag }: ListenAt): string {
  if (cause.code === 'EADDRNOTAVAIL')
    return `this machine does not have the address ${host}${purpose}; choose one that it has with ${flag}, or all with :${port}`;
  const at = `${host || '*'}:${port}${purpose}`;
  if (cause.code === 'EACCES')
    return `this user may not listen on ${at}; choose a port of 1024 or more with ${flag}, or give the service CAP_NET_BIND_SERVICE`;
  const holder = cause.code === 'EADDRINUSE' ? holderOf(port) : undefined;
  if (holder?.startsWith(`process ${process.pid} `))
    return `${at} is in use by ${holder}, this process itself; -b and -w need different ports, choose another with ${flag}`;
  const reason = holder === undefined ? `failed: ${cause.message}` : `is in use by ${holder}`;
  return `${at} ${reason}; stop that process or choose another address with ${flag}`;
}

/** `process N (name)` where the system tells us (Linux, for processes that we may look at), else `another process`. */
function holderOf(port: number): string {
  try {
    const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listeners(table, port)));
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (sockets.size > 0 && holds(pid, sockets)) {
        return `process ${pid} (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`;
      }
    }
  } catch {
    // Not Linux, or a process that has just ended: its number would be of no use.
  }
  return 'another process';
}

/** The sockets of one table of the kernel that listen on the port, as the links of open files name them. */
function listeners(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1);
  const columns = rows.map((row) => row.trim().split(/\s+/));
  return columns
    .filter(([, local, , state]) => local?.endsWith(wanted) && state === '0A')
    .map((column) => `socket:[${column[9]}]`);
}

function holds(pid: string, sockets: ReadonlySet<string>): boolean {
  let files: string[] = [];
  try {
    files = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return false; // another user's process
  }
  return files.some((file) => {
    try {
      return sockets.has(readlinkSync(`/proc/${pid}/fd/${file}`));
    } catch {
      return false; // closed meanwhile
    }
  });
}
