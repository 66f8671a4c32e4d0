import { EventEmitter, once } from 'node:events';
import { FaktoryError } from '@faktory-ts/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FakeOptions, FakeServer } from '../test/fake-server.ts';
import { Connection } from './connection.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { resolveServers } from './url.ts';

const open: { stop(): Promise<void> }[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(async () => {
  vi.useRealTimers();
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function fake(options: FakeOptions = {}): Promise<FakeServer> {
  const server = await FakeServer.start(options);
  open.push(server);
  return server;
}

/**
 * Real time in nanoseconds, within a test's time limit, because fake timers move the clock of these
 * tests.
 */
const longest = 4_000_000_000n;

/** Moves the clock through the back-off until the server has seen this many connections. */
async function redial(server: FakeServer, connections: number): Promise<void> {
  await passing(() => server.peers.length >= connections, 50);
}

/** Moves the clock in steps of `step` milliseconds until the condition holds. */
async function passing(happened: () => boolean, step: number): Promise<void> {
  const until = process.hrtime.bigint() + longest;
  while (!happened()) {
    if (process.hrtime.bigint() > until) throw new Error(`this did not happen: ${happened}`);
    vi.advanceTimersByTime(step);
    await new Promise(setImmediate);
  }
}

/** Moves the clock through the back-off until the call has settled. */
async function soon<T>(call: Promise<T>): Promise<T> {
  let done = false;
  void call.finally(() => {
    done = true;
  });
  await passing(() => done, 20);
  return call;
}

function stopped(): FaktoryError {
  return new FaktoryError('ABORTED', 'the test is over');
}

const downs = new EventEmitter();

/** Acts, then waits until the connection has noticed that it broke. */
async function down(act: () => void): Promise<FaktoryError> {
  const noticed = once(downs, 'down');
  act();
  const [error] = await noticed;
  return error;
}

function connect(url: string | string[], options: Partial<ConnectionOptions> = {}): Connection {
  const connection: Connection = new Connection({
    addresses: resolveServers({ url }),
    onDown: (error) => downs.emit('down', error),
    ...options,
  });
  open.push({ stop: async () => connection.abort(stopped()) });
  return connection;
}

describe('pending calls', () => {
  test('a connection does not dial before the first call', async () => {
    const server = await fake();
    const connection = connect(server.url);
    expect(server.peers).toHaveLength(0);
    await connection.call('INFO\r\n');
    expect(server.peers).toHaveLength(1);
  });

  test('replies reach their calls in order, however they are cut into chunks', async () => {
    const server = await fake({ script: () => undefined });
    const connection = connect(server.url);
    const calls = [1, 2, 3].map((n) => connection.call(`INFO ${n}\r\n`));
    await server.line('INFO', 3);
    const socket = server.peers[0]?.socket;
    for (const byte of Buffer.from('+a\r\n$3\r\nü!\r\n-ERR c\r\n')) socket?.write(Buffer.from([byte]));
    const settled = await Promise.allSettled(calls);
    expect(settled[0]).toMatchObject({ value: { kind: 'simple', text: 'a' } });
    expect(settled[1]).toMatchObject({ value: { kind: 'bulk', text: 'ü!' } });
    expect(settled[2]).toMatchObject({ reason: { code: 'ERR', message: 'c' } });
  });

  test('the lines of one turn of the event loop leave in one write', async () => {
    const server = await fake();
    const connection = connect(server.url);
    await connection.call('INFO\r\n');
    const chunks: string[] = [];
    server.peers[0]?.socket.on('data', (chunk) => chunks.push(String(chunk)));
    const first = connection.call('A\r\n');
    const later = Promise.resolve().then(() => connection.call('B\r\n'));
    await Promise.all([first, later]);
    expect(chunks).toEqual(['A\r\nB\r\n']);
  });

  test('20,000 pending calls are all answered', async () => {
    const server = await fake();
    const connection = connect(server.url);
    const calls = Array.from({ length: 20_000 }, () => connection.call('A\r\n'));
    await expect(Promise.all(calls)).resolves.toHaveLength(20_000);
  });
});

describe('timeouts and signals', () => {
  test('a call without a reply rejects with TIMEOUT, and the next call still gets its own reply', async () => {
    const server = await fake({ script: (line) => (line === 'A' ? undefined : '+late\r\n+mine\r\n') });
    const connection = connect(server.url);
    const slow = connection.call('A\r\n', { timeout: 100, doubt: 'who knows' });
    await server.line('A');
    vi.advanceTimersByTime(100);
    await expect(slow).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'A got no answer in 100 ms: who knows',
    });
    await expect(connection.call('B\r\n')).resolves.toMatchObject({ text: 'mine' });
  });

  test('a call that could not be sent reports why the server cannot be reached', async () => {
    const connection = connect('tcp://127.0.0.1:1');
    const call = connection.call('PUSH {}\r\n', { doubt: 'in or not' });
    await down(() => undefined);
    vi.advanceTimersByTime(5000);
    await expect(call).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/^PUSH could not be sent in 5000 ms: 127.0.0.1:1: .*ECONNREFUSED/),
    });
  });

  test('an aborted call rejects with ABORTED and its cause, and replies keep their order', async () => {
    const server = await fake({ script: (line) => (line === 'A' ? undefined : '+a\r\n+b\r\n') });
    const connection = connect(server.url);
    const control = new AbortController();
    const call = connection.call('A\r\n', { signal: control.signal });
    await server.line('A');
    control.abort(new Error('enough'));
    await expect(call).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } });
    await expect(connection.call('B\r\n')).resolves.toMatchObject({ text: 'b' });
  });

  test('a call aborted before it is sent is never sent', async () => {
    const server = await fake();
    const connection = connect(server.url);
    const control = new AbortController();
    const call = connection.call('A\r\n', { signal: control.signal });
    control.abort();
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(connection.call('B\r\n', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await connection.call('C\r\n');
    expect(server.lines).toEqual(['C']);
  });

  test('withdraw cancels only a call that is not sent', async () => {
    const server = await fake({ script: () => undefined });
    const connection = connect(server.url);
    const control = new AbortController();
    const sent = connection.call('A\r\n', { withdraw: control.signal });
    await server.line('A');
    const unsent = connection.call('B\r\n', { withdraw: control.signal });
    control.abort();
    await expect(unsent).rejects.toMatchObject({ code: 'ABORTED' });
    server.say('+a\r\n');
    await expect(sent).resolves.toMatchObject({ text: 'a' });
    expect(server.lines).toEqual(['A']);
  });

  test('a reply that arrived while the event loop was blocked wins over the timeout', async () => {
    vi.useRealTimers();
    const server = await fake({ script: () => undefined });
    const connection = connect(server.url, { timeout: 200 });
    const call = connection.call('A\r\n');
    await server.line('A');
    server.say('+OK\r\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    await expect(call).resolves.toMatchObject({ text: 'OK' });
  });

  test('many calls may share one signal without a warning', async () => {
    const warned = vi.fn();
    process.on('warning', warned);
    const connection = connect((await fake()).url);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, () => connection.call('A\r\n', { signal })));
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe('a broken connection', () => {
  test('after a break a call that may not be sent twice rejects with CLOSED and says what is unknown', async () => {
    const server = await fake({ script: () => undefined });
    const connection = connect(server.url);
    const call = connection.call('PUSH {}\r\n', { doubt: 'it may be in' });
    await server.line('PUSH');
    server.cut();
    await expect(call).rejects.toMatchObject({
      code: 'CLOSED',
      message: 'PUSH got no reply: the connection broke: it may be in',
      cause: { code: 'CLOSED' },
    });
    expect(server.lines).toEqual(['PUSH {}']);
  });

  test('after a break a call that may be repeated is sent on the next connection, before younger calls', async () => {
    const server = await fake({ script: () => undefined });
    const connection = connect(server.url);
    const call = connection.call('ACK 1\r\n', { again: true });
    await server.line('ACK');
    server.script = (line) => `+${line}\r\n`;
    await down(() => server.cut());
    const younger = connection.call('INFO\r\n');
    await redial(server, 2);
    await expect(call).resolves.toMatchObject({ text: 'ACK 1' });
    await expect(younger).resolves.toMatchObject({ text: 'INFO' });
    expect(server.peers[1]?.lines.slice(1)).toEqual(['ACK 1', 'INFO']);
  });

  test('a call made while the server cannot be reached is answered after it is back', async () => {
    const first = await fake();
    const { port, url } = first;
    const connection = connect(url);
    await connection.call('A\r\n');
    await down(() => first.cut());
    await first.stop();
    const call = connection.call('B\r\n');
    const second = await fake({ port });
    await redial(second, 1);
    await expect(call).resolves.toMatchObject({ text: 'OK' });
  });

  test('a line that a stopping server refused goes to its successor', async () => {
    const server = await fake({ script: () => '-ERR shutdown in progress\r\n' });
    const connection = connect(server.url);
    const call = connection.call('PUSH {}\r\n');
    await server.line('PUSH');
    server.script = () => '+OK\r\n';
    await redial(server, 2);
    await expect(call).resolves.toMatchObject({ text: 'OK' });
    expect(server.lines).toEqual(['PUSH {}', 'PUSH {}']);
  });

  test('the connection to a server that owes a reply and is silent is closed, even after one byte of the reply', async () => {
    const server = await fake({ script: () => '+O' });
    const connection = connect(server.url, { timeout: 5000 });
    const call = connection.call('FETCH q\r\n', { timeout: Number.POSITIVE_INFINITY });
    const lost = expect(call).rejects.toMatchObject({ code: 'CLOSED' });
    await server.line('FETCH');
    const error = await down(() => vi.setTimerTickMode('nextTimerAsync'));
    expect(error.message).toContain('silent for 5000 ms');
    await lost;
  });
});

describe('invalid bytes of a server', () => {
  const garbage = 'HTTP/1.1 400 Bad Request\r\n\r\n';
  test.each<[string, FakeOptions, string]>([
    ['garbage instead of a greeting', { greeting: garbage }, 'PROTOCOL'],
    ['an OK instead of a greeting', { greeting: '+OK\r\n' }, 'PROTOCOL'],
    ['a greeting of another version', { greeting: '+HI {"v":3}\r\n' }, 'PROTOCOL'],
    ['a greeting that is not JSON', { greeting: '+HI {\r\n' }, 'PROTOCOL'],
    ['a bulk instead of a greeting', { greeting: '$2\r\n{}\r\n' }, 'PROTOCOL'],
    ['garbage instead of a welcome', { welcome: garbage }, 'PROTOCOL'],
    ['no to the password', { welcome: '-ERR Invalid password\r\n' }, 'AUTH'],
    ['that it wants a password', { password: 'x' }, 'AUTH'],
  ])('%s rejects the waiting calls at once', async (_name, options, code) => {
    const connection = connect((await fake(options)).url);
    await expect(connection.call('A\r\n', { again: true })).rejects.toMatchObject({ code });
  });

  test.each([
    ['a refusal', '-ERR too many connections: 2000\r\n', 'too many connections: 2000'],
    ['nothing, then closes', '', 'closed the connection'],
  ])('%s in the greeting is tried again until the deadline', async (_name, greeting, reason) => {
    const server = await fake({ greeting });
    const connection = connect(server.url, { timeout: 10_000 });
    const call = connection.call('A\r\n');
    const late = expect(call).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining(reason),
    });
    for (const dials of [1, 2]) {
      await redial(server, dials);
      await down(() => greeting === '' && server.cut());
    }
    vi.advanceTimersByTime(10_000);
    await late;
  });

  test('a server that closes after HELLO is dialled again', async () => {
    const server = await fake({ welcome: '' });
    const connection = connect(server.url);
    const call = connection.call('A\r\n');
    await server.until(() => server.peers[0]?.lines.length === 1);
    await server.stop();
    await fake({ port: server.port }).then((next) => redial(next, 1));
    await expect(call).resolves.toMatchObject({ text: 'OK' });
  });

  test.each<[string, FakeOptions]>([
    ['greets', { greeting: '' }],
    ['answers HELLO', { welcome: '' }],
  ])('a server that never %s leaves the call to its deadline', async (_name, options) => {
    const server = await fake(options);
    const connection = connect(server.url);
    const call = connection.call('PUSH {}\r\n', { doubt: 'it may be in', timeout: 100 });
    const late = expect(call).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'PUSH could not be sent in 100 ms',
    });
    await server.until(() => server.peers.length === 1);
    vi.advanceTimersByTime(100);
    await late;
  });

  test.each([
    ['garbage', garbage],
    ['a bad length', '$nine\r\n'],
    ['an array', '*1\r\n+OK\r\n'],
    ['a reply nobody asked for', '+OK\r\n+OK\r\n'],
  ])('%s in an answer breaks the connection, the next call gets a new one', async (_name, said) => {
    const server = await fake({ script: () => said });
    const connection = connect(server.url);
    const call = connection
      .call('A\r\n')
      .catch((error: unknown) => expect(error).toMatchObject({ code: 'CLOSED' }));
    expect(await down(() => undefined)).toMatchObject({ code: 'PROTOCOL' });
    await call;
    server.script = () => '+fine\r\n';
    const next = connection.call('B\r\n', { again: true });
    await redial(server, 2);
    await expect(next).resolves.toMatchObject({ text: 'fine' });
  });
});

describe('while the server cannot be reached', () => {
  test('the next of several servers is tried, and after a success the first one again', async () => {
    const [first, second] = [await fake(), await fake()];
    const gone = await fake();
    await gone.stop();
    const connection = connect([gone.url, second.url]);
    await expect(soon(connection.call('A\r\n'))).resolves.toMatchObject({ text: 'OK' });
    expect(second.lines).toEqual(['A']);
    const both = connect([first.url, second.url]);
    await both.call('B\r\n');
    await down(() => first.cut());
    await expect(soon(both.call('C\r\n'))).resolves.toMatchObject({ text: 'OK' });
    expect([first.lines, second.lines]).toEqual([['B'], ['A', 'C']]);
  });

  test("more calls than may wait are refused at once, with the connection's error", async () => {
    const server = await fake();
    await server.stop();
    const connection = connect(server.url, { maxWaiting: 2 });
    const waiting = [1, 2, 3].map(() => connection.call('A\r\n').catch((error: FaktoryError) => error.code));
    await down(() => undefined); // before a dial has failed the server counts as reachable, so all three wait
    await expect(connection.call('B\r\n')).rejects.toMatchObject({
      code: 'LIMIT',
      message: expect.stringMatching(/^3 calls already wait for the server: .*ECONNREFUSED/),
    });
    connection.abort(stopped());
    expect(await Promise.all(waiting)).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
  });
});

describe('close', () => {
  test('close waits for pending calls, then sends END', async () => {
    const server = await fake({ script: () => undefined });
    const connection = connect(server.url);
    const call = connection.call('A\r\n');
    await server.line('A');
    const closed = connection.close();
    await expect(connection.call('B\r\n')).rejects.toMatchObject({ code: 'CLOSED' });
    server.say('+OK\r\n');
    await call;
    await closed;
    expect(server.lines).toEqual(['A', 'END']);
    await connection.close();
  });

  test('close does not wait more than a second for a server that does not react to END', async () => {
    const server = await fake();
    const connection = connect(server.url);
    await connection.call('A\r\n');
    server.peers[0]?.socket.pause();
    const closed = connection.close();
    await vi.advanceTimersByTimeAsync(1000);
    await closed;
  });

  test('close is done at once without a call, or while a dial has no waiting call', async () => {
    await connect('tcp://127.0.0.1:1').close();
    const server = await fake({ greeting: '' });
    const connection = connect(server.url);
    const control = new AbortController();
    const call = connection.call('A\r\n', { signal: control.signal });
    await server.until(() => server.peers.length === 1);
    control.abort();
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
    await connection.close();
  });

  test('after hangUp sent calls are answered and later calls dial again', async () => {
    const server = await fake({ script: () => undefined });
    const connection = connect(server.url);
    const fetch = connection.call('FETCH\r\n');
    await server.line('FETCH');
    server.script = () => '+OK\r\n';
    connection.hangUp();
    const ack = connection.call('ACK\r\n');
    await server.line('END');
    server.say('+job\r\n');
    await expect(fetch).resolves.toMatchObject({ text: 'job' });
    await expect(ack).resolves.toMatchObject({ text: 'OK' });
    expect(server.peers.map((peer) => peer.lines.slice(1))).toEqual([['FETCH', 'END'], ['ACK']]);
  });

  test('a pending call keeps the process alive, an idle connection does not', async () => {
    const alive = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    const server = await fake({ script: () => undefined });
    const connection = connect(server.url);
    const call = connection.call('A\r\n');
    expect(vi.getTimerCount()).toBe(2); // its timeout, and the timer for the greeting
    await server.line('A');
    server.peers[0]?.socket.unref();
    expect(alive()).toBe(0);
    server.say('+OK\r\n');
    await call;
    expect(vi.getTimerCount()).toBe(1);
  });

  test('abort rejects every call, now and later', async () => {
    const server = await fake({ script: () => undefined });
    const connection = connect(server.url);
    const sent = connection.call('A\r\n', { again: true });
    await server.line('A');
    const error = stopped();
    connection.abort(error);
    await expect(sent).rejects.toBe(error);
    await expect(connection.call('B\r\n')).rejects.toBe(error);
    await connection.close();
  });
});

describe('an idle connection', () => {
  const idleTimeout = 60_000;

  test('an idle connection closes its socket with END, and the next call opens one', async () => {
    const server = await fake();
    const connection = connect(server.url, { idleTimeout });
    await connection.call('FIRST\r\n');
    vi.advanceTimersByTime(idleTimeout - 1);
    await connection.call('SECOND\r\n');
    vi.advanceTimersByTime(idleTimeout - 1);
    expect(server.peers[0]?.lines.at(-1)).toBe('SECOND');
    vi.advanceTimersByTime(1);
    await server.line('END');
    await connection.call('THIRD\r\n');
    expect(server.peers.map(({ lines }) => lines.slice(1))).toEqual([['FIRST', 'SECOND', 'END'], ['THIRD']]);
  });

  test('a connection is not idle while a call waits for its reply', async () => {
    const server = await fake({ script: () => undefined });
    const connection = connect(server.url, { idleTimeout, timeout: 10 * idleTimeout });
    const call = connection.call('SLOW\r\n');
    await server.line('SLOW');
    vi.advanceTimersByTime(3 * idleTimeout);
    server.peers[0]?.socket.write('+OK\r\n');
    await expect(call).resolves.toMatchObject({ text: 'OK' });
    expect(server.peers).toHaveLength(1);
  });

  test('an idle connection stays open without an idleTimeout', async () => {
    const server = await fake();
    const connection = connect(server.url);
    await connection.call('FIRST\r\n');
    vi.advanceTimersByTime(100 * idleTimeout);
    await connection.call('SECOND\r\n');
    expect(server.peers).toHaveLength(1);
  });
});
