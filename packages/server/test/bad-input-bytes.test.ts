/**
 * Bad input: bytes that are no protocol, no whole lines, or far too many. The server answers or closes clearly, serves
 * others meanwhile, and loses nothing it accepted.
 */
import { connect as tlsConnect } from 'node:tls';
import { expect, test } from 'vitest';
import { connected, eventually, greeted, kept, running } from './running.ts';
import { pushLine, WireClient } from './wire-client.ts';
import { witnessed } from './witness.ts';

test.each<[string, string | Uint8Array]>([
  ['text', 'hello there, are you a mail server?\r\n'],
  ['an empty line', '\r\n'],
  ['HTTP', 'GET /stats HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['a command', 'FLUSH\r\n'],
  ['HELLO without its object', 'HELLO\r\n'],
  ['HELLO with two spaces', 'HELLO  {"v":2}\r\n'],
  ['HELLO with an array', 'HELLO ["v"]\r\n'],
  ['HELLO with half an object', 'HELLO {"v":2\r\n'],
  ['random bytes', Uint8Array.from({ length: 300 }, (_, index) => (index * 7919 + 13) % 256)],
  ['NUL bytes and a line end', new Uint8Array([...new Array(64).fill(0), 10])],
])('before HELLO, %s is closed without a word', async (_, bytes) => {
  const { server, unharmed } = await witnessed({ handshakeTimeout: 300 });
  const client = await connected(server);
  expect(await client.line()).toBe('+HI {"v":2}');
  client.raw(bytes);
  expect(await client.line()).toBe('(closed)');
  await unharmed();
});

test('before HELLO, a line without an end is closed long before it is large', async () => {
  const { server, unharmed } = await witnessed();
  const client = await connected(server);
  await client.line();
  const sent = client.socket.write(`HELLO {"v":2,"hostname":"${'x'.repeat(4_000_000)}`);
  expect(sent).toBe(false);
  await client.closed(1500); // less than the 2 s that a silent handshake has
  await unharmed();
});

test('a TLS client is closed, and hears no TLS', async () => {
  const { server, unharmed } = await witnessed({ handshakeTimeout: 500 });
  const socket = tlsConnect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
  const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
  expect(String(error)).toMatch(/SSL|ECONNRESET|disconnected/i);
  socket.destroy();
  await unharmed();
});

test('a wrong password is told, closed, and lets nothing in', async () => {
  const server = await running({ password: 'secret' });
  const client = await connected(server);
  await client.line();
  client.raw(`HELLO {"v":2,"pwdhash":"${'0'.repeat(64)}"}\r\nFLUSH\r\n`);
  expect(await client.line()).toBe('-ERR Invalid password');
  expect(await client.line()).toBe('(closed)');
  expect((await server.info()).server).toMatchObject({ connections: 0, command_count: 0 });
});

test('half a line is never done: not when it stays half, not when its connection dies', async () => {
  const { server, unharmed } = await witnessed();
  const [waiting, dying, ending] = [await greeted(server), await greeted(server), await greeted(server)];
  const half = pushLine('half-0001').slice(0, -4);
  for (const client of [waiting, dying, ending]) client.raw(half);
  await dying.destroy();
  ending.socket.end();
  await ending.closed();
  await unharmed();
  waiting.raw('[]}\r\n');
  expect(await waiting.line()).toMatch(/^-ERR invalid JSON|^\+OK$/);
});

test('a whole line that its connection does not end with a line end is not done', async () => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server);
  client.socket.end(pushLine('no-end-001'));
  await client.closed();
  await unharmed();
});

test('a conversation one byte at a time is a conversation', async () => {
  const { server, unharmed } = await witnessed();
  const client = await connected(server);
  const bytes = Buffer.from(
    `HELLO {"v":2}\r\n${pushLine('byte-by-byte', { args: ['é😀'] })}\r\nFETCH default\n`,
  );
  for (const byte of bytes) {
    client.raw(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect([await client.line(), await client.line(), await client.line()]).toEqual([
    '+HI {"v":2}',
    '+OK',
    '+OK',
  ]);
  expect(await client.line()).toContain('"args":["é😀"]');
  await unharmed(1);
});

test('a line of 20 MB is refused in words and its connection closed; one of 7 MB is a line', async () => {
  const { server, unharmed } = await witnessed();
  const large = await greeted(server);
  const argument = 'x'.repeat(7_000_000);
  expect(await large.ask(pushLine('large-001', { args: [argument] }))).toBe('+OK');
  expect((await large.json<{ args: string[] }>('FETCH default')).args).toEqual([argument]);
  const client = await greeted(server);
  client.send(pushLine('too-large', { args: ['x'.repeat(20_000_000)] }));
  expect(await client.line()).toMatch(/^-ERR line longer than \d+ bytes$/);
  await client.closed(3000);
  await unharmed(1);
});

test('a line of 20 MB that never ends is refused as soon as it is too long', async () => {
  const { server, unharmed } = await witnessed({ maxLineBytes: 100_000 });
  const client = await greeted(server);
  client.raw('x'.repeat(150_000));
  expect(await client.line()).toBe('-ERR line longer than 100000 bytes');
  await client.closed(3000);
  await eventually(async () => (await server.info()).server.connections === 1);
  await unharmed();
});

test('what came before a line too long is done and answered', async () => {
  const { server, unharmed } = await witnessed({ maxLineBytes: 10_000 });
  const client = await greeted(server);
  client.raw(`${pushLine('before-01')}\n${'x'.repeat(20_000)}`);
  expect([await client.line(), await client.line()]).toEqual(['+OK', '-ERR line longer than 10000 bytes']);
  await client.closed(3000);
  await unharmed(1);
});

test('NUL bytes: raw ones are no JSON, written ones come out as they went in, also in a jid', async () => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server, 'w1');
  expect(await client.ask('PUSH {"jid":"nul-00001","jobtype":"T","args":["\0"]}')).toMatch(
    /^-ERR invalid JSON/,
  );
  expect(await client.ask('\0PUSH {}')).toMatch(/^-ERR unknown command/);
  const jid = 'nul\0in\0jid';
  for (const each of [jid, 'nul\0in']) await client.push(`${each}-000`, { jobtype: 'T\0', args: ['\0'] });
  expect(await client.json('FETCH default')).toMatchObject({
    jid: `${jid}-000`,
    jobtype: 'T\0',
    args: ['\0'],
  });
  expect(await client.fetch()).toBe('nul\0in-000');
  for (const each of [jid, 'nul\0in'])
    expect(await client.ask(`FAIL ${JSON.stringify({ jid: `${each}-000` })}`)).toBe('+OK');
  const discard = { cmd: 'discard', target: 'retries', filter: { jids: [`${jid}-000`] } };
  expect(await client.ask(`MUTATE ${JSON.stringify(discard)}`)).toBe('+OK');
  expect((await server.info()).faktory.sets).toMatchObject({ working: 0, retries: 1 });
  await unharmed();
});

test('NUL bytes in a wid: such workers are served like others, and disturb no one', async () => {
  const { server, other, unharmed } = await witnessed();
  const workers = [await greeted(server, 'w\0a'), await greeted(server, 'w\0b'), await greeted(server, 'w')];
  for (const [index, worker] of workers.entries()) {
    await other.push(`nul-wid-${index}`);
    expect(await worker.fetch()).toBe(`nul-wid-${index}`);
    expect(await worker.ask(`ACK {"jid":"nul-wid-${index}"}`)).toBe('+OK');
  }
  expect((await server.info()).faktory.tasks.Workers.size).toBe(3);
  await unharmed();
});

test('invalid UTF-8 becomes U+FFFD, and the job can be fetched and acknowledged', async () => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server, 'w1');
  const bad = Buffer.from([0xff, 0xfe, 0x80, 0xc3, 0x28, 0xed, 0xa0, 0x80]);
  client.raw(
    Buffer.concat([
      Buffer.from('PUSH {"jid":"bad-utf8-'),
      bad,
      Buffer.from('","jobtype":"T","args":["'),
      bad,
      Buffer.from('"]}\n'),
    ]),
  );
  expect(await client.line()).toBe('+OK');
  const job = await client.json<{ jid: string; args: string[] }>('FETCH default');
  expect(job.jid).toBe(`bad-utf8-${bad.toString('utf8')}`);
  expect(job.args).toEqual([bad.toString('utf8')]);
  expect(await client.ask(`ACK ${JSON.stringify({ jid: job.jid })}`)).toBe('+OK');
  expect((await server.info()).faktory.sets.working).toBe(0);
  await unharmed();
});

test('lone surrogates come out as U+FFFD, in valid JSON', async () => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server, 'w1');
  expect(await client.ask('PUSH {"jid":"lone-\\ud800-1","jobtype":"T","args":["a\\udc00b"]}')).toBe('+OK');
  const job = await client.json<{ jid: string; args: string[] }>('FETCH default');
  expect([job.jid, job.args]).toEqual(['lone-\ufffd-1', ['a\ufffdb']]);
  expect(await client.ask(`ACK ${JSON.stringify({ jid: job.jid })}`)).toBe('+OK');
  expect((await server.info()).faktory.sets.working).toBe(0);
  await unharmed();
});

test('random bytes after HELLO are answered line by line, and the connection lives on', async () => {
  const { server, unharmed } = await witnessed();
  const client = kept(await WireClient.hello(server.port));
  const noise = Buffer.from(
    Array.from({ length: 5000 }, (_, index) => ((index * 7919) ^ (index >> 3)) & 0xff).filter(
      (byte) => byte !== 10,
    ),
  );
  client.raw(Buffer.concat([noise, Buffer.from('\n'), noise.subarray(100), Buffer.from('\r\n')]));
  for (let line = 0; line < 2; line++) expect(await client.line()).toMatch(/^-ERR unknown command/);
  await client.push('lives-on1');
  await unharmed(1);
});
