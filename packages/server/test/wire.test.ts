/**
 * The socket's rules: lines and replies. One reply a line, in order, whatever else goes on.
 */
import { expect, test } from 'vitest';
import { eventually, greeted, running } from './running.ts';
import { jidOf, pushLine } from './wire-client.ts';

interface Figures {
  faktory: { queues: Record<string, number>; sets: { working: number } };
  server: { command_count: number; connections: number };
}

test('2,000 lines in one write are answered in order, errors in their places', async () => {
  const client = await greeted(await running());
  const lines: string[] = [];
  const expected: string[] = [];
  for (let index = 0; index < 500; index++) {
    lines.push(pushLine(`in-order-${index}`), 'NOPE', 'FETCH default', `ACK {"jid":"in-order-${index}"}`);
    expected.push('+OK', '-ERR unknown command NOPE', `in-order-${index}`, '+OK');
  }
  client.raw(`${lines.join('\r\n')}\r\n`);
  const answers: string[] = [];
  for (const _ of expected) answers.push(jidOf(await client.line()));
  expect(answers).toEqual(expected);
});

test('many connections that pipeline at once each get their own answers in order', async () => {
  const server = await running();
  const clients = await Promise.all(Array.from({ length: 20 }, () => greeted(server)));
  await Promise.all(
    clients.map(async (client, number) => {
      const queue = `q${number}`;
      const jids = Array.from({ length: 50 }, (_, index) => `many-jobs-${number}-${index}`);
      client.raw(jids.map((jid) => `${pushLine(jid, { queue })}\nFETCH ${queue}\n`).join(''));
      for (const jid of jids) expect([await client.line(), jidOf(await client.line())]).toEqual(['+OK', jid]);
    }),
  );
});

test('lines behind a parked FETCH wait their turn, and are not begun before it', async () => {
  const server = await running();
  const [worker, producer] = [await greeted(server, 'w1'), await greeted(server)];
  worker.raw(`FETCH parked\r\n${pushLine('behind-01', { queue: 'behind' })}\r\n`);
  await producer.json('INFO');
  expect((await producer.json<Figures>('INFO')).faktory.queues).toEqual({});
  await producer.push('first-001', { queue: 'parked' });
  expect(jidOf(await worker.line())).toBe('first-001');
  expect(await worker.line()).toBe('+OK');
  expect((await producer.json<Figures>('INFO')).faktory.queues).toEqual({ behind: 1, parked: 0 });
});

test('lines end in CRLF or LF alone, and only the end is trimmed', async () => {
  const client = await greeted(await running());
  client.raw('INFO\nINFO\r\n INFO\r\nINFO \r\nINFO with more words\n');
  expect(await client.line()).toMatch(/^\$ /);
  expect(await client.line()).toMatch(/^\$ /);
  expect(await client.line()).toBe('-ERR unknown command ');
  expect(await client.line()).toMatch(/^\$ /);
  expect(await client.line()).toMatch(/^\$ /);
});

test('verbs are matched in their case; an unknown one is named alone', async () => {
  const client = await greeted(await running());
  expect(await client.ask('fetch default')).toBe('-ERR unknown command fetch');
  expect(await client.ask('PUSHED {"jid":"secret-01"}')).toBe('-ERR unknown command PUSHED');
  expect(await client.ask('')).toBe('-ERR unknown command ');
});

test('known verbs are counted, unknown ones are not', async () => {
  const client = await greeted(await running());
  const before = (await client.json<Figures>('INFO')).server.command_count;
  await client.ask('NOPE');
  await client.ask('ACK {"jid":"unknown-1"}');
  await client.ask('ACK nonsense');
  expect((await client.json<Figures>('INFO')).server.command_count).toBe(before + 3);
});

test('BATCH and TRACK answer the error of the open-source edition', async () => {
  const client = await greeted(await running());
  expect(await client.ask('BATCH NEW {}')).toBe(
    '-ERR batch subsystem is only available in Faktory Enterprise',
  );
  expect(await client.ask('TRACK GET x')).toBe(
    '-ERR tracking subsystem is only available in Faktory Enterprise',
  );
});

test('END closes without a word, after the replies before it; what follows it is not done', async () => {
  const server = await running();
  const [client, other] = [await greeted(server), await greeted(server)];
  client.raw(`${pushLine('before-01')}\r\nEND\r\n${pushLine('after-001')}\r\n`);
  expect(await client.line()).toBe('+OK');
  expect(await client.line()).toBe('(closed)');
  expect((await other.json<Figures>('INFO')).faktory.queues).toEqual({ default: 1 });
});

test('a client that closes its sending side still gets the replies to what it sent', async () => {
  const client = await greeted(await running());
  client.socket.end(`${pushLine('half-0001')}\r\n${pushLine('half-0002')}\r\nINFO\r\n`);
  expect(await client.line()).toBe('+OK');
  expect(await client.line()).toBe('+OK');
  expect(await client.line()).toContain('"default":2');
  expect(await client.line()).toBe('(closed)');
});

test('INFO counts the connections there are', async () => {
  const server = await running();
  const client = await greeted(server);
  const others = await Promise.all([greeted(server), greeted(server, 'w1'), greeted(server)]);
  expect((await client.json<Figures>('INFO')).server.connections).toBe(4);
  await Promise.all(others.map((other) => other.destroy()));
  await eventually(async () => (await client.json<Figures>('INFO')).server.connections === 1);
});

test('a flood of one chunk gives way: the command of another connection is answered before the flood is through', async () => {
  const server = await running();
  const [flood, other] = [await greeted(server, 'flooder-1'), await greeted(server)];
  let handled = 0;
  flood.socket.on('data', (chunk: Buffer) => {
    handled += chunk.toString().split('\r\n').length - 1;
  });
  flood.raw(`${'BEAT {"wid":"flooder-1"}\r\n'.repeat(2500)}`); // in one read of 64 kB
  expect(await other.ask('ACK {"jid":"unknown-1"}')).toBe('+OK');
  expect(handled).toBeLessThan(2500);
  for (let n = 0; n < 2500; n++) expect(await flood.line()).toBe('+OK');
});

test('1,000 unknown commands in a row end the connection with words, and a known one between starts the count anew', async () => {
  const client = await greeted(await running());
  client.raw(`${'\r\n'.repeat(999)}ACK {"jid":"unknown-1"}\r\n${'\r\n'.repeat(5000)}`);
  for (let n = 0; n < 999; n++) expect(await client.line()).toBe('-ERR unknown command ');
  expect(await client.line()).toBe('+OK');
  for (let n = 0; n < 999; n++) expect(await client.line()).toBe('-ERR unknown command ');
  expect(await client.line()).toMatch(/^-ERR 1000 unknown commands in a row; check that the client/);
  expect(await client.line()).toBe('(closed)');
});
