/**
 * The socket's rules: failures. The retry curve, the counts, and where a job goes after its last try. The clock is
 * moved, so that 25 tries take no 21 days.
 */
import { type Failure, formatTime, type Info, parseTime } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { eventually, greeted, running, TestClock } from './running.ts';
import type { WireClient } from './wire-client.ts';

type Job = { jid: string; failure: Failure };

/** A server with a still clock, and a worker's connection to it. */
async function still(deadLimit?: number) {
  const clock = new TestClock();
  const server = await running({ clock: clock.now, ...(deadLimit === undefined ? {} : { deadLimit }) });
  const figures = async (): Promise<Info['faktory']> => (await server.info()).faktory;
  return { clock, server, client: await greeted(server, 'w1'), figures };
}

/** Takes the job and fails it. */
async function failOnce(client: WireClient, message = 'boom'): Promise<void> {
  const jid = await client.fetch();
  expect(await client.ask(`FAIL ${JSON.stringify({ jid, errtype: 'Boom', message })}`)).toBe('+OK');
}

test('each retry waits count⁴ + 15 seconds and up to 29 times (count + 1) more, and is ready at that time', async () => {
  const { clock, client, figures } = await still();
  await client.push('job-00001');
  for (let count = 0; count < 6; count++) {
    await failOnce(client);
    const failed = clock.at;
    const least = count ** 4 + 15;
    clock.move(least - 1);
    await client.json('INFO');
    expect((await figures()).sets.retries).toBe(1);
    clock.move(1 + 29 * (count + 1));
    await eventually(async () => (await figures()).sets.retries === 0);
    const { failure } = await client.json<Job>('FETCH default');
    const delay = ((parseTime(failure.next_at ?? '') ?? 0) - failed) / 1_000_000;
    expect(delay).toBeGreaterThanOrEqual(least);
    expect(delay).toBeLessThanOrEqual(least + 29 * (count + 1));
    expect(failure).toMatchObject({ retry_count: count, remaining: 25 - count });
    // Gives it back to its queue for the next round, as a worker that fails it again.
    await client.ask('MUTATE {"cmd":"clear","target":"retries"}');
    await client.ask('FLUSH');
    await client.push('job-00001', { failure });
  }
});

test('mass failures are spread: fifty jobs do not come back at once', async () => {
  const { clock, client, figures } = await still();
  for (let count = 0; count < 50; count++) {
    await client.push(`job-${String(count).padStart(5, '0')}`);
    await failOnce(client);
  }
  clock.move(29);
  await eventually(async () => ((await figures()).queues.default ?? 0) > 0);
  const { queues, sets } = await figures();
  expect(sets.retries).toBeGreaterThan(0);
  expect((queues.default ?? 0) + sets.retries).toBe(50);
});

test('retry N allows N + 1 tries: then the job is dead, with all that is known of its failures', async () => {
  const { clock, client, figures } = await still();
  await client.push('job-00001', { retry: 2 });
  const firstFailed = formatTime(clock.at);
  for (const [message, retries] of [
    ['one', 1],
    ['two', 1],
    ['three', 0],
  ] as const) {
    await failOnce(client, message);
    expect((await figures()).sets.retries).toBe(retries);
    clock.move(300);
    await eventually(async () => (await figures()).sets.retries === 0);
  }
  expect(await figures()).toMatchObject({ sets: { dead: 1 }, total_processed: 3, total_failures: 3 });
  await client.ask('MUTATE {"cmd":"requeue","target":"dead"}');
  const { failure } = await client.json<Job>('FETCH default');
  expect(failure).toMatchObject({
    retry_count: 2,
    remaining: 0,
    failed_at: firstFailed,
    message: 'three',
    errtype: 'Boom',
  });
});

test('a job requeued from dead dies again at its next failure', async () => {
  const { client, figures } = await still();
  await client.push('job-00001', { retry: -1 });
  await failOnce(client);
  await client.ask('MUTATE {"cmd":"requeue","target":"dead"}');
  await failOnce(client);
  expect((await figures()).sets).toMatchObject({ dead: 1, retries: 0 });
});

test('the dead are forgotten after 180 days', async () => {
  const { clock, client, figures } = await still();
  await client.push('job-00001', { retry: -1 });
  await failOnce(client);
  clock.move(180 * 86_400 - 1);
  await client.json('INFO');
  expect((await figures()).sets.dead).toBe(1);
  clock.move(2);
  await eventually(async () => (await figures()).sets.dead === 0);
});

test('a dead set at its limit lets its oldest go', async () => {
  const { clock, client, figures } = await still(3);
  for (let count = 0; count < 5; count++) {
    await client.push(`buried-0${count}`, { retry: -1 });
    await failOnce(client);
    clock.move(1);
  }
  expect((await figures()).sets.dead).toBe(3);
  await client.ask('MUTATE {"cmd":"requeue","target":"dead"}');
  const left = [await client.fetch(), await client.fetch(), await client.fetch()];
  expect(left.sort()).toEqual(['buried-02', 'buried-03', 'buried-04']);
});

test('a failure is cleaned: trimmed, cut at a whole character, at most 50 lines of backtrace', async () => {
  const { client } = await still();
  await client.push('job-00001');
  const jid = await client.fetch();
  const report = {
    jid,
    errtype: `  ${'é'.repeat(80)} `,
    message: `\n${'x'.repeat(999)}é`,
    backtrace: Array.from({ length: 80 }, (_, line) => `line ${line}`),
  };
  expect(await client.ask(`FAIL ${JSON.stringify(report)}`)).toBe('+OK');
  await client.ask('MUTATE {"cmd":"requeue","target":"retries"}');
  const { failure } = await client.json<Job>('FETCH default');
  expect(failure.errtype).toBe('é'.repeat(50));
  expect(failure.message).toBe('x'.repeat(999));
  expect(failure.backtrace).toEqual(report.backtrace.slice(0, 50));
});

test.each([
  '{"jid":"job-00001"}',
  '{"jid":"job-00001","errtype":"","message":"  ","backtrace":null}',
  '{"jid":"job-00001","backtrace":[],"more":{"x":1}}',
])('a failure without words is unknown, and has no empty backtrace: %s', async (payload) => {
  const { client } = await still();
  await client.push('job-00001');
  await client.fetch();
  expect(await client.ask(`FAIL ${payload}`)).toBe('+OK');
  await client.ask('MUTATE {"cmd":"requeue","target":"retries"}');
  const { failure } = await client.json<Job>('FETCH default');
  expect(failure).toMatchObject({ errtype: 'unknown', message: 'unknown' });
  expect(failure).not.toHaveProperty('backtrace');
});

test.each([
  '{"jid":"job-00001","backtrace":"no list"}',
  '{"jid":1}',
  '{"jid":"job-00001"',
  '[]',
  '{"jid":"job-00001","message":5}',
])('a FAIL that cannot be read is told, and the job stays held: %s', async (payload) => {
  const { client, figures } = await still();
  await client.push('job-00001');
  await client.fetch();
  expect(await client.ask(`FAIL ${payload}`)).toMatch(/^-ERR (invalid FAIL|missing JID)/);
  expect((await figures()).sets).toMatchObject({ working: 1, retries: 0 });
});
