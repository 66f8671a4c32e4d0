/**
 * The socket's rules: reservations. How long they last, how they end, and that they end once. The clock is moved.
 */
import type { Info } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { eventually, folder, greeted, running, TestClock } from './running.ts';
import type { WireClient } from './wire-client.ts';

interface Retried {
  jid: string;
  failure: { errtype: string; message: string; retry_count: number; remaining: number; backtrace?: string[] };
}

/** A server with a still clock, and a worker's connection to it. */
async function still(): Promise<{
  clock: TestClock;
  client: WireClient;
  figures: () => Promise<Info['faktory']>;
}> {
  const clock = new TestClock();
  const server = await running({ clock: clock.now });
  return { clock, client: await greeted(server, 'w1'), figures: async () => (await server.info()).faktory };
}

test('a reservation lasts 1800 seconds unless the job says otherwise', async () => {
  const { clock, client, figures } = await still();
  await client.push('plain-001');
  await client.push('short-001', { reserve_for: 600 });
  expect([await client.fetch(), await client.fetch()]).toEqual(['plain-001', 'short-001']);
  clock.move(601);
  await eventually(async () => (await figures()).sets.working === 1);
  clock.move(1198);
  await client.json('INFO');
  expect((await figures()).sets.working).toBe(1);
  clock.move(2);
  await eventually(async () => (await figures()).sets.working === 0);
  expect((await figures()).tasks.Busy.reaped).toBe(2);
});

test('a reservation is never shorter than 60 seconds', async () => {
  const { clock, client, figures } = await still();
  await client.push('first-001', { reserve_for: 60, queue: 'first' });
  await client.fetch('first');
  clock.move(1);
  await client.push('job-00001', { reserve_for: 1 });
  await client.push('job-00002', { reserve_for: -5 });
  expect([await client.fetch(), await client.fetch()]).toEqual(['job-00001', 'job-00002']);
  clock.move(59.5);
  // The first one's expiry shows that the others have been looked at.
  await eventually(async () => (await figures()).sets.retries === 1);
  expect((await figures()).sets.working).toBe(2);
  clock.move(1);
  await eventually(async () => (await figures()).sets.working === 0);
});

test('an expired reservation goes through retries with errtype ReservationExpired', async () => {
  const { clock, client, figures } = await still();
  await client.push('job-00001', { retry: 3 });
  await client.fetch();
  clock.move(1801);
  await eventually(async () => (await figures()).sets.retries === 1);
  expect(await figures()).toMatchObject({ total_processed: 1, total_failures: 1, sets: { working: 0 } });
  clock.move(45);
  const job = await client.json<Retried>('FETCH default');
  expect(job.failure).toMatchObject({
    errtype: 'ReservationExpired',
    message: 'Faktory job reservation expired',
    retry_count: 0,
    remaining: 3,
  });
  expect(job.failure).not.toHaveProperty('backtrace');
});

test('an expiry may be the last try: retry 0 is forgotten, retry -1 is buried', async () => {
  const { clock, client, figures } = await still();
  await client.push('forget-01', { retry: 0 });
  await client.push('bury-0001', { retry: -1 });
  expect([await client.fetch(), await client.fetch()]).toEqual(['forget-01', 'bury-0001']);
  clock.move(1801);
  await eventually(async () => (await figures()).sets.working === 0);
  expect(await figures()).toMatchObject({
    sets: { retries: 0, dead: 1 },
    total_processed: 2,
    total_failures: 2,
  });
});

test('a late ACK is +OK and changes nothing; a late FAIL is told', async () => {
  const { clock, client, figures } = await still();
  await client.push('job-00001');
  await client.fetch();
  clock.move(1801);
  await eventually(async () => (await figures()).sets.retries === 1);
  const before = await figures();
  expect(await client.ask('ACK {"jid":"job-00001"}')).toBe('+OK');
  expect(await client.ask('FAIL {"jid":"job-00001"}')).toBe('-ERR Job not found job-00001');
  expect(await figures()).toMatchObject({ sets: before.sets, total_processed: 1, total_failures: 1 });
  clock.move(45);
  expect(await client.fetch()).toBe('job-00001');
});

test('an ACK in time ends the reservation for good: nothing expires later', async () => {
  const { clock, client, figures } = await still();
  await client.push('job-00001');
  await client.fetch();
  clock.move(1799);
  expect(await client.ask('ACK {"jid":"job-00001"}')).toBe('+OK');
  await client.push('next-0001');
  await client.fetch();
  clock.move(1802);
  await eventually(async () => (await figures()).sets.retries === 1);
  expect(await figures()).toMatchObject({ total_processed: 2, total_failures: 1 });
});

test('two live jobs with one jid are both run and both acknowledged', async () => {
  const { client, figures } = await still();
  await client.push('same-jid1', { args: [1] });
  await client.push('same-jid1', { args: [2] });
  const jobs = [await client.json('FETCH default'), await client.json('FETCH default')];
  expect(jobs.map(({ args }) => args)).toEqual([[1], [2]]);
  for (const working of [1, 0]) {
    expect(await client.ask('ACK {"jid":"same-jid1"}')).toBe('+OK');
    expect((await figures()).sets.working).toBe(working);
  }
  expect(await client.ask('ACK {"jid":"same-jid1"}')).toBe('+OK');
  expect((await figures()).total_processed).toBe(2);
});

test('of two held jobs with one jid one may fail and the other be done', async () => {
  const { client, figures } = await still();
  await client.push('same-jid1');
  await client.push('same-jid1');
  await client.fetch();
  await client.fetch();
  expect(await client.ask('FAIL {"jid":"same-jid1","message":"boom"}')).toBe('+OK');
  expect(await client.ask('ACK {"jid":"same-jid1"}')).toBe('+OK');
  expect(await client.ask('FAIL {"jid":"same-jid1"}')).toBe('-ERR Job not found same-jid1');
  expect(await figures()).toMatchObject({
    sets: { working: 0, retries: 1 },
    total_processed: 2,
    total_failures: 1,
  });
});

test('a reservation survives a restart of the server: it can be acknowledged, and it expires', async () => {
  const clock = new TestClock();
  const dir = folder();
  const first = await running({ dir, clock: clock.now });
  const worker = await greeted(first, 'w1');
  await worker.push('acked-001');
  await worker.push('expire-01');
  expect([await worker.fetch(), await worker.fetch()]).toEqual(['acked-001', 'expire-01']);
  await first.stop();
  const second = await running({ dir, clock: clock.now });
  const client = await greeted(second, 'w1');
  expect((await second.info()).faktory.sets.working).toBe(2);
  expect(await client.ask('ACK {"jid":"acked-001"}')).toBe('+OK');
  clock.move(1801);
  await eventually(async () => (await second.info()).faktory.sets.retries === 1);
  expect((await second.info()).faktory).toMatchObject({
    total_processed: 2,
    total_failures: 1,
    sets: { working: 0 },
  });
});
