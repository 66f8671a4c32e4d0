import { FaktoryError } from '@faktory-ts/protocol';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { FakeServer } from '../test/fake-server.ts';
import { Client } from './client.ts';

let server: FakeServer;
let client: Client;

beforeEach(async () => {
  server = await FakeServer.start();
  client = new Client({ url: server.url });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

describe('the command and the result of each call', () => {
  test('push sends one compact line and returns the jid', async () => {
    const jid = await client.push({
      jid: 'abcdefgh',
      jobtype: 'Mail',
      args: ['ü', 1],
      queue: 'mail',
      priority: 9,
    });
    expect(jid).toBe('abcdefgh');
    expect(server.lines).toEqual([
      'PUSH {"jid":"abcdefgh","jobtype":"Mail","args":["ü",1],"queue":"mail","priority":9}',
    ]);
  });

  test('pushBulk returns one result for each job, in order', async () => {
    server.script = () =>
      bulk('{"bbbbbbbb":"jobs must have a jobtype parameter","cccccccc":"NOTUNIQUE Job not unique"}');
    const job = { jobtype: 'T', args: [] };
    const results = await client.pushBulk([
      { ...job, jid: 'aaaaaaaa' },
      { ...job, jid: 'bbbbbbbb' },
      { ...job, jid: 'cccccccc' },
      job,
    ]);
    expect(results).toEqual([
      { jid: 'aaaaaaaa' },
      { jid: 'bbbbbbbb', error: new FaktoryError('INVALID', 'jobs must have a jobtype parameter') },
      { jid: 'cccccccc', error: new FaktoryError('NOTUNIQUE', 'Job not unique') },
      { jid: expect.stringMatching(/^[\w-]{24}$/) },
    ]);
  });

  test('pushBulk sends 1,000 jobs a line, reads more of an iterable when these are pushed, and sends nothing for no jobs', async () => {
    server.script = () => bulk('{}');
    let asked = 0;
    async function* many() {
      for (; asked < 2500; asked++) yield { jid: `job-${asked}-0000`, jobtype: 'T', args: [asked] };
    }
    const results = await client.pushBulk(many());
    expect(results).toHaveLength(2500);
    expect(results.filter(({ error }) => error)).toEqual([]);
    const sizes = server.lines.map((line) => (JSON.parse(line.slice('PUSHB '.length)) as unknown[]).length);
    expect(sizes).toEqual([1000, 1000, 500]);
    expect(await client.pushBulk([])).toEqual([]);
    expect(server.lines).toHaveLength(3);
  });

  test('pushBulk sends two jobs with the same jid in two lines, so that each has its own result', async () => {
    const answers = ['{}', '{"aaaaaaaa":"jobs must have a jobtype parameter"}'];
    server.script = () => bulk(answers.shift() ?? '');
    const job = { jid: 'aaaaaaaa', jobtype: 'T', args: [] };
    const results = await client.pushBulk([job, { ...job, jobtype: '' }]);
    expect(results).toEqual([{ jid: 'aaaaaaaa' }, { jid: 'aaaaaaaa', error: expect.any(FaktoryError) }]);
  });

  test('pushBulk reports a job that cannot be sent like one that the server refuses', async () => {
    server.script = () => bulk('{}');
    const job = { jobtype: 'T', args: [] };
    const results = await client.pushBulk([job, { ...job, jid: 'aaaaaaaa', at: new Date(0), in: 1 }, job]);
    expect(results.map(({ error }) => error?.message)).toEqual([
      undefined,
      'a job takes either at or in, not both',
      undefined,
    ]);
    expect(results[1]?.jid).toBe('aaaaaaaa');
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [5, 'a number'],
    ['T', 'a string'],
    [{ jobtype: 'T', args: [] }, 'one object'],
  ])('pushBulk of %j is refused with what to give', async (jobs, said) => {
    await expect(client.pushBulk(jobs as never)).rejects.toMatchObject({
      code: 'INVALID',
      message: `the jobs are ${said}; give a list or another iterable: [{ jobtype: 'SendEmail', args: [] }]`,
    });
    expect(server.lines).toEqual([]);
  });

  test('a pushBulk that ends early reports how many jobs were pushed before', async () => {
    let lines = 0;
    server.script = () => (++lines < 3 ? bulk('{}') : '-ERR storage failed: disk full\r\n');
    const jobs = Array.from({ length: 2001 }, () => ({ jobtype: 'T', args: [] }));
    await expect(client.pushBulk(jobs)).rejects.toMatchObject({
      message: 'storage failed: disk full; 2000 other jobs were pushed, see results',
    });
  });

  test('info returns the whole answer, and queues the sizes in it', async () => {
    server.script = () => bulk('{"faktory":{"queues":{"a":1,"b":0}},"extra":1}');
    expect(await client.info()).toMatchObject({ extra: 1 });
    expect(await client.queues()).toEqual({ a: 1, b: 0 });
  });

  test('queues returns an empty map for an INFO without queues', async () => {
    server.script = () => bulk('{}');
    expect(await client.queues()).toEqual({});
  });

  test('pauseQueue and its neighbours take one name, several, or all', async () => {
    await client.pauseQueue('a');
    await client.resumeQueue(['a', 'b']);
    await client.removeQueue('*');
    await client.flush();
    await client.mutate({ cmd: 'kill', target: 'retries', filter: { jids: ['x'] } });
    expect(server.lines).toEqual([
      'QUEUE PAUSE a',
      'QUEUE RESUME a b',
      'QUEUE REMOVE *',
      'FLUSH',
      'MUTATE {"cmd":"kill","target":"retries","filter":{"jids":["x"]}}',
    ]);
  });

  test('latency returns seconds by queue', async () => {
    server.script = () => bulk('{"a":0.5,"b":0}');
    const seconds = await client.latency(['a', 'b']);
    expectTypeOf(seconds).toEqualTypeOf<Record<'a' | 'b', number>>();
    expect(seconds).toEqual({ a: 0.5, b: 0 });
    expect(server.lines).toEqual(['QUEUE LATENCY a b']);
  });
});

describe('errors', () => {
  test('errors of the server keep its words and have a code', async () => {
    server.script = () => '-ERR jobs must have a reasonable jid parameter\r\n';
    const error: unknown = await client
      .push({ jid: 'x', jobtype: 'T', args: [] })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(FaktoryError);
    expect(error).toMatchObject({ code: 'INVALID', message: 'jobs must have a reasonable jid parameter' });
    server.script = () => '-NOTUNIQUE Job not unique\r\n';
    await expect(client.push({ jobtype: 'T', args: [] })).rejects.toMatchObject({ code: 'NOTUNIQUE' });
  });

  test('the error of a push without a reply names the job that the server may have', async () => {
    server.script = () => undefined;
    const push = client.push({ jid: 'abcdefgh', jobtype: 'T', args: [] });
    const bulkPush = client.pushBulk([{ jobtype: 'T', args: [] }]);
    await server.line('PUSHB');
    server.cut();
    await expect(push).rejects.toMatchObject({
      code: 'CLOSED',
      message: expect.stringMatching(/may or may not have job abcdefgh/),
    });
    await expect(bulkPush).rejects.toMatchObject({
      message: expect.stringMatching(/some or all of its 1 jobs/),
    });
  });

  test('arguments that JSON cannot carry are INVALID and nothing is sent', async () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    await expect(client.push({ jobtype: 'T', args: cyclic })).rejects.toMatchObject({ code: 'INVALID' });
    await expect(client.push({ jobtype: 'T', args: [1n] })).rejects.toMatchObject({ code: 'INVALID' });
    expect(server.peers).toHaveLength(0);
  });

  test('a queue name that would break the line is INVALID', async () => {
    await expect(client.pauseQueue('a\r\nFLUSH')).rejects.toMatchObject({ code: 'INVALID' });
    await expect(client.latency('a b')).rejects.toMatchObject({ code: 'INVALID' });
  });

  test.each([
    ['push', '$2\r\n{}\r\n', (): Promise<unknown> => client.push({ jobtype: 'T', args: [] })],
    ['pushBulk', '+OK\r\n', () => client.pushBulk([{ jobtype: 'T', args: [] }])],
    ['pushBulk', '$2\r\n[]\r\n', () => client.pushBulk([{ jobtype: 'T', args: [] }])],
    ['info', '$3\r\n{x}\r\n', () => client.info()],
    ['info', '$-1\r\n', () => client.info()],
    ['latency', '$4\r\nnull\r\n', () => client.latency('a')],
    ['flush', '+NO\r\n', () => client.flush()],
  ])('an answer that %s cannot have is PROTOCOL and the client goes on', async (_name, said, act) => {
    server.script = () => said;
    await expect(act()).rejects.toMatchObject({ code: 'PROTOCOL' });
    server.script = () => '+OK\r\n';
    await client.flush();
    expect(server.peers).toHaveLength(1);
  });

  test('with timeout: Infinity a client or a call waits for the reply, and no timer exceeds the maximum of setTimeout', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    try {
      const patient = new Client({ url: server.url, timeout: Number.POSITIVE_INFINITY });
      await patient.push({ jobtype: 'T', args: [] });
      await patient.close();
      const hasty = new Client({ url: server.url, timeout: 10_000 });
      await hasty.push({ jobtype: 'T', args: [] }, { timeout: Number.POSITIVE_INFINITY });
      await hasty.close();
      const delays = timers.mock.calls.map(([, delay = 0]) => delay);
      expect(delays.filter((delay) => !(delay < 2 ** 31))).toEqual([]); // Node changes longer timers to 1 ms
      expect(delays.filter((delay) => delay === 2 ** 31 - 1).length).toBeGreaterThanOrEqual(2);
    } finally {
      timers.mockRestore();
    }
  });

  test('invalid options of a client are CONFIG at once', () => {
    expect(() => new Client({ url: 'http://x' })).toThrow(expect.objectContaining({ code: 'CONFIG' }));
    expect(() => new Client({ url: server.url, timeout: 0 })).toThrow(
      expect.objectContaining({ code: 'CONFIG' }),
    );
    expect(() => new Client({ url: server.url, timeout: Number.NaN })).toThrow();
    expect(() => new Client({ url: server.url, maxWaiting: -1 })).toThrow(
      expect.objectContaining({ code: 'CONFIG' }),
    );
  });
});

describe('start and end of a client', () => {
  test('a producer sends no wid, a consumer sends its wid and labels', async () => {
    await client.flush();
    const consumer = new Client({ url: server.url, wid: 'w-1', labels: ['x'] });
    await consumer.flush();
    await consumer.close();
    const hellos = server.peers.map((peer) => JSON.parse(peer.lines[0]?.slice('HELLO '.length) ?? ''));
    expect(hellos[0]).toMatchObject({ v: 2, pid: process.pid, hostname: expect.any(String) });
    expect(hellos[0]).not.toHaveProperty('wid');
    expect(hellos[1]).toMatchObject({ wid: 'w-1', labels: ['x'] });
  });

  test('a closed client refuses calls with CLOSED and may be closed again', async () => {
    await client.flush();
    await client.close();
    await client.close();
    await expect(client.info()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(server.lines).toEqual(['FLUSH', 'END']);
  });

  test('Client.shared returns one client for a URL, and another after its close', async () => {
    const shared = Client.shared(server.url);
    expect(Client.shared(server.url)).toBe(shared);
    expect(Client.shared(server.url.replace('127.0.0.1', 'localhost'))).not.toBe(shared);
    await shared.flush();
    await shared.close();
    const next = Client.shared(server.url);
    expect(next).not.toBe(shared);
    await next.flush();
    await next.close();
  });

  test('an idle client closes its socket after its idleTimeout, and the next call opens one', async () => {
    const brief = new Client({ url: server.url, idleTimeout: 1 });
    await brief.flush();
    await server.line('END');
    await brief.flush();
    expect(server.peers).toHaveLength(2);
    await brief.close();
  });

  test('asyncDispose closes the client', async () => {
    await client[Symbol.asyncDispose]();
    await expect(client.info()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('an aborted signal ends the client and every call', async () => {
    const control = new AbortController();
    const bound = new Client({ url: server.url, signal: control.signal });
    server.script = () => undefined;
    const call = bound.info();
    await server.line('INFO');
    control.abort();
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(bound.info()).rejects.toMatchObject({ code: 'ABORTED' });
    const never = new Client({ url: server.url, signal: AbortSignal.abort() });
    await expect(never.info()).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
