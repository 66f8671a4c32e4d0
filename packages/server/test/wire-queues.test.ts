/**
 * The socket's rules: QUEUE, MUTATE, INFO and FLUSH.
 */
import { expect, test } from 'vitest';
import { folder, greeted, running, TestClock } from './running.ts';

async function still() {
  const clock = new TestClock();
  const server = await running({ clock: clock.now });
  return { clock, server, client: await greeted(server, 'w1') };
}

test('LATENCY is how long the oldest job of each queue has waited; 0 without one', async () => {
  const { clock, client } = await still();
  await client.push('job-00001', { queue: 'a' });
  clock.move(90);
  await client.push('job-00002', { queue: 'a', priority: 9 });
  await client.push('job-00003', { queue: 'b' });
  clock.move(0.25);
  expect(await client.json('QUEUE LATENCY a b nowhere')).toEqual({ a: 90.25, b: 0.25, nowhere: 0 });
  expect(await client.fetch('a')).toBe('job-00002');
  expect(await client.json('QUEUE latency a')).toEqual({ a: 90.25 });
  expect(await client.fetch('a')).toBe('job-00001');
  expect(await client.json('QUEUE LATENCY a')).toEqual({ a: 0 });
  expect(await client.json('QUEUE LATENCY')).toEqual({});
});

test('a job that was requeued or became due waits since then', async () => {
  const { clock, client } = await still();
  await client.push('later-001', { at: '2026-06-10T13:00:00Z' });
  clock.move(600);
  await client.ask('MUTATE {"cmd":"requeue","target":"scheduled"}');
  clock.move(5);
  expect(await client.json('QUEUE LATENCY default')).toEqual({ default: 5 });
});

test('QUEUE takes many names and ignores unknown ones; what it does not know it names', async () => {
  const { server, client } = await still();
  for (const queue of ['a', 'b', 'c']) await client.push(`job-in-${queue}`, { queue });
  expect(await client.ask('QUEUE PAUSE a b nowhere')).toBe('+OK');
  expect(await client.fetch('a', 'b', 'c')).toBe('job-in-c');
  expect(await client.ask('QUEUE Remove a nowhere c')).toBe('+OK');
  expect((await server.info()).faktory.queues).toEqual({ b: 1 });
  expect(await client.ask('QUEUE dance b')).toBe('-ERR no such QUEUE subcommand: DANCE');
  expect(await client.ask('QUEUE LATENCY *')).toBe('-ERR QUEUE LATENCY does not support wildcards');
});

test('a pause survives a restart; a queue that was removed does not come back', async () => {
  const dir = folder();
  const first = await running({ dir });
  const client = await greeted(first);
  for (const queue of ['paused', 'removed']) await client.push(`job-in-${queue}`, { queue });
  await client.ask('QUEUE PAUSE *');
  await client.ask('QUEUE REMOVE removed');
  await first.stop();
  const second = await running({ dir });
  const again = await greeted(second, 'w1');
  expect((await second.info()).faktory.queues).toEqual({ paused: 1 });
  expect(await again.fetch('paused', 'removed')).toBe('(nil)');
  await again.ask('QUEUE RESUME paused');
  expect(await again.fetch('paused')).toBe('job-in-paused');
});

test('MUTATE reads JSON with spaces, also inside its texts', async () => {
  const { server, client } = await still();
  for (const [jid, jobtype] of [
    ['job-00001', 'Send Mail'],
    ['job-00002', 'SendMail'],
  ] as const) {
    await client.push(jid, { jobtype, at: '2026-06-11T00:00:00Z' });
  }
  expect(
    await client.ask(
      'MUTATE { "cmd" : "discard", "target": "scheduled", "filter": { "jobtype": "Send Mail" } }',
    ),
  ).toBe('+OK');
  expect((await server.info()).faktory.sets.scheduled).toBe(1);
  expect(
    await client.ask('MUTATE {"cmd":"requeue","target":"scheduled","filter":{"regexp":"*\\"SendMail\\" *"}}'),
  ).toBe('+OK');
  expect((await server.info()).faktory.sets.scheduled).toBe(1);
  expect(await client.ask('MUTATE {"cmd": "requeue", "target":"scheduled","filter": {}}')).toBe('+OK');
  expect(await client.fetch()).toBe('job-00002');
});

test.each([
  ['no filter', ''],
  ['a null filter', ',"filter":null'],
  ['an empty filter', ',"filter":{}'],
  ['jids that are empty', ',"filter":{"jids":[]}'],
])('%s picks everything', async (_, filter) => {
  const { server, client } = await still();
  for (const jid of ['job-00001', 'job-00002']) await client.push(jid, { at: '2026-06-11T00:00:00Z' });
  expect(await client.ask(`MUTATE {"cmd":"kill","target":"scheduled"${filter}}`)).toBe('+OK');
  expect((await server.info()).faktory.sets).toMatchObject({ scheduled: 0, dead: 2 });
});

test('a filter that matches nothing is +OK, and jids win over the other filters', async () => {
  const { server, client } = await still();
  for (const jid of ['job-00001', 'job-00002']) await client.push(jid, { at: '2026-06-11T00:00:00Z' });
  expect(
    await client.ask('MUTATE {"cmd":"discard","target":"scheduled","filter":{"jobtype":"Nobody"}}'),
  ).toBe('+OK');
  expect(await client.ask('MUTATE {"cmd":"discard","target":"dead","filter":{"jids":["job-00001"]}}')).toBe(
    '+OK',
  );
  expect((await server.info()).faktory.sets.scheduled).toBe(2);
  await client.ask(
    'MUTATE {"cmd":"discard","target":"scheduled","filter":{"jids":["job-00001"],"jobtype":"Nobody"}}',
  );
  expect((await server.info()).faktory.sets.scheduled).toBe(1);
});

test('INFO has these keys in this order, and numbers where numbers belong', async () => {
  const { server, client } = await still();
  await client.push('job-00001', { queue: 'a' });
  const info = await client.json<Record<string, Record<string, unknown>>>('INFO');
  expect(Object.keys(info)).toEqual(['now', 'server_utc_time', 'faktory', 'server']);
  expect(info.now).toBe('2026-06-10T12:00:00Z');
  expect(info.server_utc_time).toBe('12:00:00 UTC');
  expect(info.faktory).toMatchObject({ queues: { a: 1 }, total_enqueued: 1, total_queues: 1 });
  expect(Object.keys(info.faktory?.tasks ?? {}).sort()).toEqual([
    'Busy',
    'Dead',
    'Retries',
    'Scheduled',
    'Workers',
  ]);
  expect(info.server).toMatchObject({
    description: 'Faktory',
    faktory_version: '1.10.0',
    name: 'faktory-ts',
    connections: 1,
  });
  for (const key of ['uptime', 'connections', 'command_count', 'used_memory_mb'])
    expect(Number.isInteger(info.server?.[key])).toBe(true);
  expect(await server.info()).toMatchObject({ faktory: { queues: { a: 1 } } });
});

test('FLUSH clears jobs, sets, pauses and counters, and keeps those who are connected', async () => {
  const { server, client } = await still();
  for (const jid of ['done-0001', 'fail-0001', 'held-0001', 'ready-001']) await client.push(jid);
  await client.push('later-001', { at: '2026-06-11T00:00:00Z' });
  for (let count = 0; count < 3; count++) await client.fetch();
  await client.ask('ACK {"jid":"done-0001"}');
  await client.ask('FAIL {"jid":"fail-0001"}');
  await client.ask('QUEUE PAUSE default');
  expect(await client.ask('FLUSH')).toBe('+OK');
  const { faktory, server: own } = await server.info();
  expect(faktory).toMatchObject({ queues: {}, sets: { dead: 0, retries: 0, scheduled: 0, working: 0 } });
  expect(faktory).toMatchObject({
    total_failures: 0,
    total_processed: 0,
    total_enqueued: 0,
    total_queues: 0,
  });
  expect([own.connections, faktory.tasks.Workers.size]).toEqual([1, 1]);
  expect(await client.ask('ACK {"jid":"held-0001"}')).toBe('+OK');
  expect(await client.ask('FAIL {"jid":"held-0001"}')).toBe('-ERR Job not found held-0001');
  await client.push('after-001');
  expect(await client.fetch()).toBe('after-001');
});
