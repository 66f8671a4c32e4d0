/**
 * Bad input: too many connections, connections that never come to the point, and clients that never read. What one
 * client does costs the others nothing and the server a bounded amount of memory.
 */
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { connected, eventually, greeted, kept, running } from './running.ts';
import { WireClient } from './wire-client.ts';
import { witnessed } from './witness.ts';

/** Files this process may have open; Node has already raised it to the hard limit. */
function openFileLimit(): number {
  if (process.platform !== 'linux') return 0;
  return Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 0);
}

const needed = 6500; // both ends of 3,000 connections, and what a process has besides
const tooFew = openFileLimit() < needed;
if (tooFew)
  console.warn(
    `SKIPPED: 3,000 connections need ${needed} open files, this process may have ${openFileLimit()}: raise ulimit -n`,
  );
const floods: WireClient[] = [];
afterEach(async () => {
  await Promise.all(floods.splice(0).map((client) => client.destroy()));
});

test.skipIf(tooFew && !process.env.CI)(
  '3,000 connections: 2,000 are served, each one more is told too many connections and closed',
  async () => {
    const { server, other, unharmed } = await witnessed();
    const refused: string[] = [];
    for (let batch = 0; batch < 30; batch++) {
      const opened = await Promise.all(Array.from({ length: 100 }, () => WireClient.connect(server.port)));
      floods.push(...opened);
      const said = opened.map(async (client) => {
        expect(await client.line()).toBe('+HI {"v":2}');
        expect(await client.ask('HELLO {"v":2}')).toBe('+OK');
        return client;
      });
      await Promise.all(said);
    }
    await eventually(() => floods.filter((client) => client.isClosed).length === 1001, 20_000);
    for (const client of floods.filter(({ isClosed }) => isClosed)) refused.push(await client.line());
    expect(new Set(refused.map((line) => line.replace(/\d+$/, 'N')))).toEqual(
      new Set(['-ERR too many connections: N']),
    );
    expect((await server.info()).server.connections).toBe(2000);
    await other.push('still-001');
    const alive = floods.filter(({ isClosed }) => !isClosed);
    expect(
      (await Promise.all(alive.map((client) => client.ask('ACK {"jid":"unknown-1"}')))).every(
        (line) => line === '+OK',
      ),
    ).toBe(true);
    await alive[0]?.destroy();
    await eventually(async () => (await server.info()).server.connections < 2000);
    await unharmed(1);
  },
  60_000,
);

test('a handshake byte by byte is cut off at its deadline', async () => {
  const { server, unharmed } = await witnessed({ handshakeTimeout: 300 });
  const started = performance.now();
  const loris = await connected(server);
  for (const byte of 'HELLO {"v":2,"hostname":"slow"') {
    if (loris.isClosed) break;
    loris.raw(byte);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await loris.closed(1000);
  expect(performance.now() - started).toBeGreaterThan(250);
  await unharmed();
});

test('a silent connection is cut off after two seconds', async () => {
  const { server, unharmed } = await witnessed();
  const silent = await connected(server);
  const started = performance.now();
  await silent.closed();
  expect(performance.now() - started).toBeGreaterThan(1900);
  expect(performance.now() - started).toBeLessThan(3000);
  expect(silent.received.toString()).toBe('+HI {"v":2}\r\n');
  await unharmed();
});

test('silent connections have room of their own: a crowd of them keeps no client from work, and the oldest leave first', async () => {
  const { server, unharmed } = await witnessed({ maxUnauthenticated: 20, handshakeTimeout: 60_000 });
  const silent: WireClient[] = [];
  for (let one = 0; one < 30; one++) {
    silent.push(await connected(server));
    await silent.at(-1)?.line();
  }
  await eventually(() => silent.filter((client) => client.isClosed).length === 20);
  expect(silent.findIndex((client) => !client.isClosed)).toBe(20); // one address has half of the room
  expect((await server.info()).server.connections).toBe(1);
  await unharmed();
});

test('a client that never reads is no longer served, then closed; what it costs is bounded', async () => {
  const { server, unharmed } = await witnessed({ maxUnsentBytes: 64 * 1024, unsentTimeout: 700 });
  const deaf = await greeted(server);
  deaf.socket.pause();
  const before = (await server.info()).server.command_count;
  const sent = 200_000; // commands, whose replies would be 100 MB and more
  deaf.raw('INFO\n'.repeat(sent));
  await eventually(async () => (await server.info()).server.connections === 1);
  const answered = (await server.info()).server.command_count - before;
  expect(answered).toBeGreaterThan(0);
  // Kernel buffers on both sides take a few megabytes of replies; all the rest was never even made.
  expect(answered).toBeLessThan(sent / 4);
  await unharmed();
});

test('a deaf client costs no memory: its commands stay in its own socket', async () => {
  const { server, unharmed } = await witnessed({ maxUnsentBytes: 64 * 1024, unsentTimeout: 60_000 });
  const deaf = await greeted(server);
  deaf.socket.pause();
  const total = 60_000_000;
  const line = `PUSH {"jid":"short","jobtype":"T","args":["${'x'.repeat(60_000)}"]}\n`;
  deaf.raw('INFO\n'.repeat(20_000));
  for (let bytes = 0; bytes < total; bytes += line.length) deaf.raw(line);
  const settled = await steady(() => deaf.socket.writableLength);
  // What the server did not take is still here: it took far less than was sent.
  expect(settled).toBeGreaterThan(total / 2);
  await unharmed();
  await deaf.destroy();
  await eventually(async () => (await server.info()).server.connections < 3);
});

/** The value once it no longer changes. */
async function steady(read: () => number): Promise<number> {
  let last = read();
  let same = 0;
  await eventually(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    same = read() === last ? same + 1 : 0;
    last = read();
    return same > 10;
  });
  return last;
}

test('a client that reads again in time gets every reply, in order', async () => {
  const { server, unharmed } = await witnessed({ maxUnsentBytes: 16 * 1024, unsentTimeout: 20_000 });
  const slow = await greeted(server);
  slow.socket.pause();
  const count = 20_000;
  const isKnown = (n: number): boolean => n % 500 === 0; // too many unknown ones in a row end a connection
  slow.raw(
    Array.from({ length: count }, (_, n) => (isKnown(n) ? 'ACK {"jid":"unknown-1"}\n' : `NOPE${n}\n`)).join(
      '',
    ),
  );
  await (await greeted(server)).json('INFO');
  slow.socket.resume();
  for (let n = 0; n < count; n++)
    expect(await slow.line()).toBe(isKnown(n) ? '+OK' : `-ERR unknown command NOPE${n}`);
  await unharmed();
});

test('a deaf worker’s job is not lost: it is in the working set when its connection is closed', async () => {
  const { server, other, unharmed } = await witnessed({ maxUnsentBytes: 32 * 1024, unsentTimeout: 300 });
  const deaf = kept(await WireClient.hello(server.port, 'w1'));
  for (let n = 0; n < 20; n++)
    await other.push(`large-${String(n).padStart(3, '0')}`, { args: ['x'.repeat(500_000)] });
  deaf.socket.pause();
  deaf.raw('FETCH default\n'.repeat(20));
  await eventually(async () => (await server.info()).server.connections === 1);
  const { faktory } = await server.info();
  expect(faktory.sets.working + (faktory.queues.default ?? 0)).toBe(20);
  expect(faktory.sets.working).toBeLessThan(20);
  expect(faktory.total_failures).toBe(0);
  await unharmed(20);
});

test('a server of few connections serves them again and again', async () => {
  const server = await running({ maxConnections: 3 });
  for (let round = 0; round < 10; round++) {
    const clients = [await greeted(server), await greeted(server), await greeted(server)];
    const more = await connected(server);
    await more.line();
    expect(await more.ask('HELLO {"v":2}')).toBe('+OK');
    expect([await more.line(), await more.line()]).toEqual(['-ERR too many connections: 4', '(closed)']);
    await Promise.all(clients.map((client) => client.destroy()));
    await eventually(async () => (await server.info()).server.connections === 0);
  }
});
