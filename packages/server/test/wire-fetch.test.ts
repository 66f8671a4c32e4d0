/**
 * The socket's rules: a FETCH that waits. Who is woken, by what and how soon, and that no wake-up is lost.
 */
import { expect, test } from 'vitest';
import { eventually, greeted, park, running, TestClock } from './running.ts';
import { jidOf, pushLine, type WireClient } from './wire-client.ts';

/** Milliseconds from `act` to the job that it makes ready, the best of five: the machine has other work too. */
async function fastest(
  worker: WireClient,
  producer: WireClient,
  act: (jid: string) => Promise<void>,
): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 5; count++) {
    await park(producer, [worker]);
    const started = performance.now();
    await act(`wake-${count}-00`);
    expect(jidOf(await worker.line())).toBe(`wake-${count}-00`);
    times.push(performance.now() - started);
  }
  return Math.min(...times);
}

test('a waiting FETCH is woken by a push within 50 ms', async () => {
  const server = await running({ sync: 'full' });
  const [worker, producer] = [await greeted(server, 'w1'), await greeted(server)];
  expect(await fastest(worker, producer, (jid) => producer.push(jid))).toBeLessThan(50);
});

test('a push and the FETCH that waits for it share one commit', async () => {
  const server = await running({ sync: 'full' });
  const [worker, producer] = [await greeted(server, 'w1'), await greeted(server)];
  await park(producer, [worker]);
  const { commits } = (await server.info()).server;
  await producer.push('shared-01');
  expect(jidOf(await worker.line())).toBe('shared-01');
  expect((await server.info()).server.commits).toBe((commits ?? 0) + 1);
});

test('a waiting FETCH is woken by a resume within 50 ms', async () => {
  const server = await running({ sync: 'full' });
  const [worker, producer] = [await greeted(server, 'w1'), await greeted(server)];
  await producer.push('makes-queue');
  await producer.fetch();
  const times: number[] = [];
  for (let count = 0; count < 5; count++) {
    await producer.ask('QUEUE PAUSE default');
    await producer.push(`wake-${count}-00`);
    await park(producer, [worker]);
    const started = performance.now();
    await producer.ask('QUEUE RESUME default');
    expect(jidOf(await worker.line())).toBe(`wake-${count}-00`);
    times.push(performance.now() - started);
  }
  expect(Math.min(...times)).toBeLessThan(50);
});

test('a waiting FETCH is woken by a scheduled job that becomes due, and by a requeue', async () => {
  const clock = new TestClock();
  const server = await running({ clock: clock.now });
  const [worker, producer] = [await greeted(server, 'w1'), await greeted(server)];
  await producer.push('due-00001', { at: '2026-06-10T13:00:00Z' });
  await producer.push('later-001', { at: '2026-06-11T13:00:00Z' });
  await park(producer, [worker]);
  clock.move(3600);
  expect(jidOf(await worker.line())).toBe('due-00001');
  await park(producer, [worker]);
  await producer.ask('MUTATE {"cmd":"requeue","target":"scheduled"}');
  expect(jidOf(await worker.line())).toBe('later-001');
});

test('a FETCH with nothing to give is the null bulk after two seconds', async () => {
  const client = await greeted(await running());
  const started = performance.now();
  expect(await client.ask('FETCH default other')).toBe('(nil)');
  expect(performance.now() - started).toBeGreaterThan(1950);
  expect(performance.now() - started).toBeLessThan(3500);
});

test('one waiter is woken per ready job, the longest waiting first', async () => {
  const server = await running();
  const workers = await Promise.all([1, 2, 3, 4].map((n) => greeted(server, `w${n}`)));
  const producer = await greeted(server);
  await park(producer, workers);
  const [first, second, third, fourth] = workers as [WireClient, WireClient, WireClient, WireClient];
  await producer.push('job-00001');
  expect(jidOf(await first.line())).toBe('job-00001');
  await producer.json(`PUSHB [${['job-00002', 'job-00003'].map((jid) => pushLine(jid).slice(5)).join(',')}]`);
  expect(jidOf(await second.line())).toBe('job-00002');
  expect(jidOf(await third.line())).toBe('job-00003');
  await producer.push('job-00004');
  expect(jidOf(await fourth.line())).toBe('job-00004');
});

test('a newcomer does not overtake those who wait', async () => {
  const server = await running();
  const [worker, pushy] = [await greeted(server, 'w1'), await greeted(server)];
  await park(pushy, [worker]);
  pushy.raw(`${pushLine('job-00001')}\r\nFETCH default\r\n`);
  expect(jidOf(await worker.line())).toBe('job-00001');
  expect(await pushy.line()).toBe('+OK');
  const producer = await greeted(server);
  await producer.push('job-00002');
  expect(jidOf(await pushy.line())).toBe('job-00002');
});

test('a waiter on several queues takes from any; then its place in the other lines is free again', async () => {
  const server = await running();
  const [both, second, producer] = [
    await greeted(server, 'w1'),
    await greeted(server, 'w2'),
    await greeted(server),
  ];
  await park(producer, [both], 'a b');
  await park(producer, [second], 'a');
  await producer.push('b-0000001', { queue: 'b' });
  expect(jidOf(await both.line(1000))).toBe('b-0000001');
  await producer.push('a-0000001', { queue: 'a' });
  expect(jidOf(await second.line(1000))).toBe('a-0000001');
});

test('a wake-up that its waiter does not use wakes the next: no ready job is left beside a waiter', async () => {
  const server = await running();
  const [both, second, producer] = [
    await greeted(server, 'w1'),
    await greeted(server, 'w2'),
    await greeted(server),
  ];
  await park(producer, [both], 'a b');
  await park(producer, [second], 'b');
  // The first waiter is woken for b, and takes from a, which it asked for first.
  producer.raw(`${pushLine('b-0000001', { queue: 'b' })}\n${pushLine('a-0000001', { queue: 'a' })}\n`);
  expect(jidOf(await both.line(1000))).toBe('a-0000001');
  expect(jidOf(await second.line(1000))).toBe('b-0000001');
});

test('50 waiters and 50 jobs pushed at once: each gets one', async () => {
  const server = await running();
  const workers = await Promise.all(Array.from({ length: 50 }, (_, n) => greeted(server, `w${n}`)));
  const producer = await greeted(server);
  for (const worker of workers) worker.send('FETCH default');
  await producer.json('INFO');
  const jids = workers.map((_, index) => `burst-${String(index).padStart(3, '0')}`);
  producer.raw(jids.map((jid) => `${pushLine(jid)}\n`).join(''));
  const got = await Promise.all(workers.map(async (worker) => jidOf(await worker.line(1900))));
  expect(got.sort()).toEqual(jids);
  await eventually(async () => (await server.info()).faktory.sets.working === 50);
});
