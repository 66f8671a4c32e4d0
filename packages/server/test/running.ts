/**
 * Servers and sockets of one test, and the check after it: every server stops, and no socket of either side is left.
 *
 * Importing this file registers the check. Nothing sleeps to make a test pass: `eventually` polls a condition until a
 * deadline, and `TestClock` is moved by hand.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Micros } from '@faktory-ts/protocol';
import { afterEach } from 'vitest';
import { checkOptions, createServer, type Server, type ServerOptions } from '../src/index.ts';
import type { Feature } from '../src/jobs/feature.ts';
import { FaktoryServer } from '../src/server.ts';
import { expectNoSockets } from './leaks.ts';
import { WireClient } from './wire-client.ts';

export { eventually } from './leaks.ts';

const servers = new Set<Server>();
const clients = new Set<WireClient>();
const folders = new Set<string>();

/** A started server on a free port and a folder of its own, stopped after the test. */
export async function running(options: ServerOptions = {}): Promise<Server> {
  const server = createServer({ sync: 'off', ...options });
  servers.add(server);
  await server.start();
  return server;
}

/** A started server with these features only, stopped after the test. */
export async function runningWith(
  features: readonly Feature[],
  options: ServerOptions = {},
): Promise<Server> {
  const server = new FaktoryServer(checkOptions({ sync: 'off', ...options }), features);
  servers.add(server);
  await server.start();
  return server;
}

/** A server that is not started yet, stopped after the test. */
export function prepared(options: ServerOptions = {}): Server {
  const server = createServer({ sync: 'off', ...options });
  servers.add(server);
  return server;
}

/** A connection that has said HELLO, closed after the test. Without a wid it is a producer. */
export async function greeted(server: Server, wid?: string): Promise<WireClient> {
  return kept(await WireClient.hello(server.port, wid));
}

/** A connection that has said nothing yet, closed after the test. */
export async function connected(server: Server): Promise<WireClient> {
  return kept(await WireClient.connect(server.port));
}

/** Closes this connection after the test. */
export function kept(client: WireClient): WireClient {
  clients.add(client);
  return client;
}

/** A certificate or key of the tests' own, by the name of its file. */
export function pem(name: string): string {
  return readFileSync(new URL(`tls/${name}.pem`, import.meta.url), 'utf8');
}

/** Sends FETCHes one after another; each is parked before the next is sent. */
export async function park(
  other: WireClient,
  waiting: readonly WireClient[],
  queues = 'default',
): Promise<void> {
  for (const client of waiting) {
    client.send(`FETCH ${queues}`);
    // Answered after what was sent before, two whole turns of the server later.
    for (let turns = 0; turns < 2; turns++) await other.json('INFO');
  }
}

/** A folder of the test's own, removed after it. */
export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'faktory-test-'));
  folders.add(dir);
  return dir;
}

/** Microseconds that stand still until the test moves them. */
export class TestClock {
  at: Micros;

  constructor(at: Micros = Date.UTC(2026, 5, 10, 12) * 1000) {
    this.at = at;
  }

  readonly now = (): Micros => this.at;

  /** Moves the clock by seconds. */
  move(seconds: number): void {
    this.at += seconds * 1_000_000;
  }
}

/** Stops and closes all that the test began, and checks that nothing is left. */
export async function endAll(): Promise<void> {
  for (const client of clients) client.socket.destroy();
  await Promise.all([...clients].map((client) => client.closed()));
  await Promise.all([...servers].map((server) => server.stop()));
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
  clients.clear();
  servers.clear();
  folders.clear();
  await expectNoSockets();
}

afterEach(endAll);
