/**
 * The socket's rules: workers. HELLO with a wid, BEAT, quiet and terminate, and 60 seconds of silence. The clock is moved.
 */
import { expect, test } from 'vitest';
import { connected, eventually, greeted, running, TestClock } from './running.ts';

async function still() {
  const clock = new TestClock();
  const server = await running({ clock: clock.now });
  const workers = async (): Promise<{ size: number; reaped: number }> => {
    const { Workers } = (await server.info()).faktory.tasks;
    return { size: Workers.size ?? 0, reaped: Workers.reaped };
  };
  return { clock, server, workers, producer: await greeted(server) };
}

test('a worker is there when its HELLO is answered, and goes with its last connection', async () => {
  const { server, workers } = await still();
  expect((await workers()).size).toBe(0);
  const [first, second] = [await greeted(server, 'w1'), await greeted(server, 'w1')];
  const other = await greeted(server, 'w2');
  expect((await workers()).size).toBe(2);
  await first.destroy();
  await other.destroy();
  await eventually(async () => (await workers()).size === 1);
  await second.destroy();
  await eventually(async () => (await workers()).size === 0);
  expect((await workers()).reaped).toBe(0);
});

test('a producer is no worker', async () => {
  const { server, workers } = await still();
  await greeted(server);
  const empty = await connected(server);
  await empty.line();
  expect(await empty.ask('HELLO {"v":2,"wid":""}')).toBe('+OK');
  expect((await workers()).size).toBe(0);
});

test('any connection may BEAT for any wid that is there; an unknown one is told', async () => {
  const { server, producer } = await still();
  await greeted(server, 'w1');
  expect(await producer.ask('BEAT {"wid":"w1","rss_kb":54176}')).toBe('+OK');
  expect(await producer.ask('BEAT {"wid":"nobody"}')).toBe('-ERR unknown worker nobody');
});

test('a worker that said quiet is told so at every BEAT, and gets no more jobs on any of its connections', async () => {
  const { server, producer } = await still();
  const [first, second] = [await greeted(server, 'w1'), await greeted(server, 'w1')];
  await producer.push('job-00001');
  expect(await second.json('BEAT {"wid":"w1","current_state":"quiet"}')).toEqual({ state: 'quiet' });
  expect(await first.json('BEAT {"wid":"w1"}')).toEqual({ state: 'quiet' });
  const started = performance.now();
  expect(await Promise.all([first.ask('FETCH default'), second.ask('FETCH default')])).toEqual([
    '(nil)',
    '(nil)',
  ]);
  expect(performance.now() - started).toBeGreaterThan(1900);
  expect(await (await greeted(server, 'w2')).fetch()).toBe('job-00001');
});

test('a quiet worker still ends what it has, and may push', async () => {
  const { server, producer } = await still();
  const worker = await greeted(server, 'w1');
  await producer.push('job-00001');
  await producer.push('job-00002');
  expect([await worker.fetch(), await worker.fetch()]).toEqual(['job-00001', 'job-00002']);
  await worker.ask('BEAT {"wid":"w1","current_state":"quiet"}');
  expect(await worker.ask('ACK {"jid":"job-00001"}')).toBe('+OK');
  expect(await worker.ask('FAIL {"jid":"job-00002"}')).toBe('+OK');
  await worker.push('job-00003');
});

test('a state never goes back: running, quiet, terminate', async () => {
  const { server } = await still();
  const worker = await greeted(server, 'w1');
  const beat = (state: string): Promise<string> => worker.ask(`BEAT {"wid":"w1","current_state":"${state}"}`);
  expect(await beat('running')).toBe('+OK');
  expect(await beat('asleep')).toBe('+OK');
  expect(await beat('quiet')).toBe('$ {"state":"quiet"}');
  expect(await beat('running')).toBe('$ {"state":"quiet"}');
  expect(await beat('terminate')).toBe('$ {"state":"terminate"}');
  expect(await beat('quiet')).toBe('$ {"state":"terminate"}');
  expect(await beat('')).toBe('$ {"state":"terminate"}');
});

test('a new worker of an old wid starts afresh once the old one is gone', async () => {
  const { server, workers } = await still();
  const old = await greeted(server, 'w1');
  await old.ask('BEAT {"wid":"w1","current_state":"terminate"}');
  await old.destroy();
  await eventually(async () => (await workers()).size === 0);
  const worker = await greeted(server, 'w1');
  expect(await worker.ask('BEAT {"wid":"w1"}')).toBe('+OK');
});

test('60 seconds of silence end a worker and close its connections, but not its jobs, and no producer', async () => {
  const { clock, server, workers, producer } = await still();
  const [first, second, other] = [
    await greeted(server, 'w1'),
    await greeted(server, 'w1'),
    await greeted(server, 'w2'),
  ];
  await producer.push('held-0001');
  expect(await first.fetch()).toBe('held-0001');
  clock.move(59);
  expect(await other.ask('BEAT {"wid":"w2"}')).toBe('+OK');
  clock.move(2);
  await Promise.all([first.closed(), second.closed()]);
  expect(await workers()).toEqual({ size: 1, reaped: 1 });
  expect(other.isClosed).toBe(false);
  expect((await server.info()).faktory.sets.working).toBe(1);
  expect(await producer.ask('ACK {"jid":"held-0001"}')).toBe('+OK');
});

test('commands other than BEAT are no sign of life', async () => {
  const { clock, server } = await still();
  const worker = await greeted(server, 'w1');
  clock.move(30);
  await worker.json('INFO');
  clock.move(31);
  await worker.closed();
});

test('a late BEAT on a connection that still lives keeps the worker', async () => {
  const { clock, server, workers } = await still();
  const worker = await greeted(server, 'w1');
  const silent = await greeted(server, 'w2');
  clock.move(61);
  // In the moment of the move, before the silence is looked for.
  expect(await worker.ask('BEAT {"wid":"w1"}')).toBe('+OK');
  await silent.closed();
  expect(await workers()).toEqual({ size: 1, reaped: 1 });
  expect(worker.isClosed).toBe(false);
});

test.each(['', 'nonsense', '{"wid":5}', '{', '[]', '{}', '{"wid":"w1","rss_kb":"much"}'])(
  'a BEAT that cannot be read is told: %s',
  async (payload) => {
    const { server } = await still();
    const worker = await greeted(server, 'w1');
    expect(await worker.ask(`BEAT ${payload}`)).toMatch(/^-ERR (invalid BEAT|unknown worker)/);
    expect(await worker.ask('BEAT {"wid":"w1"}')).toBe('+OK');
  },
);
