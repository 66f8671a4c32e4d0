/**
 * Failed executions of a job are kept with it, however they ended, and travel in a dump.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attempt } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { sqliteBackend } from '../src/engine/sqlite/backend.ts';
import { DataFolder } from '../src/index.ts';
import { eventually, folder, greeted, running, TestClock } from './running.ts';

/** What is kept of the jobs in a folder that no server holds. */
async function attemptsIn(dir: string): Promise<Record<string, Attempt[]>> {
  const { engine, finder } = sqliteBackend({ dir, sync: 'off', clock: () => 0 });
  await engine.open();
  const { jobs } = await finder.find({ places: ['ready', 'retries', 'dead'] }, { limit: 100 });
  await engine.close();
  const known = jobs.map(({ jid, attempts = '[]' }) => [jid, JSON.parse(attempts) as Attempt[]]);
  return Object.fromEntries(known) as Record<string, Attempt[]>;
}

test('a failure, an expiry and a lost worker are each an attempt, with who had the job and how long', async () => {
  const clock = new TestClock();
  const dir = folder();
  const server = await running({ dir, clock: clock.now });
  const producer = await greeted(server);
  const worker = await greeted(server, 'w1');
  await producer.push('job-00001', { reserve_for: 60 });
  const requeue = (): Promise<string> => producer.ask('MUTATE {"cmd":"requeue","target":"retries"}');
  const failed = (count: number) =>
    eventually(async () => (await server.info()).faktory.total_failures === count);
  clock.move(1);
  await worker.fetch();
  clock.move(2);
  await worker.ask('FAIL {"jid":"job-00001","errtype":"Boom","message":"it broke","backtrace":["a.ts:1"]}');
  await requeue();
  await worker.fetch();
  clock.move(61);
  await failed(2);
  await requeue();
  await worker.json('EXT {"v":1,"lease":true}');
  await worker.fetch();
  clock.move(16);
  await failed(3);
  await server.stop();

  const { 'job-00001': kept = [] } = await attemptsIn(dir);
  expect(kept).toEqual([
    {
      n: 1,
      started_at: '2026-06-10T12:00:01Z',
      ended_at: '2026-06-10T12:00:03Z',
      wid: 'w1',
      errtype: 'Boom',
      message: 'it broke',
      backtrace: ['a.ts:1'],
    },
    expect.objectContaining({ n: 2, wid: 'w1', errtype: 'ReservationExpired' }),
    expect.objectContaining({ n: 3, wid: 'w1', errtype: 'WorkerLost' }),
  ]);
});

test('a dump has them, and a load takes them', async () => {
  const dir = folder();
  const server = await running({ dir });
  const client = await greeted(server, 'w1');
  const message = 'tricky "text"],"job":{ of an error';
  for (const jid of ['job-00001', 'job-00002']) {
    await client.push(jid, { args: [[1], { job: {} }, '],"job":{'] });
    await client.fetch();
    await client.ask(`FAIL ${JSON.stringify({ jid, errtype: 'Boom', message })}`);
  }
  await server.stop();
  const before = await attemptsIn(dir);
  expect(before['job-00002']).toMatchObject([{ n: 1, message }]);
  const other = mkdtempSync(join(tmpdir(), 'faktory-load-'));
  await new DataFolder(other).load(new DataFolder(dir).dump());
  expect(await attemptsIn(other)).toEqual(before);
  rmSync(other, { recursive: true });
});

test.each(['[1]', '[{"n":"1"}]', '[{]'])('a dump whose attempts are %s is refused', async (attempts) => {
  const dir = folder();
  const job = '{"jid":"job-00001","jobtype":"T","args":[]}';
  const lines = [
    '{"faktory-ts":"dump","version":1,"made":"2026-11-25T20:15:30Z"}',
    `{"kind":"job","place":"ready","attempts":${attempts},"job":${job}}`,
    '{"kind":"end","jobs":1}',
  ];
  await expect(new DataFolder(dir).load(lines)).rejects.toMatchObject({
    code: 'MALFORMED',
    message: expect.stringContaining('line 2'),
  });
});

test('a server told to keep none keeps none', async () => {
  const dir = folder();
  const server = await running({ dir, attempts: 0 });
  const client = await greeted(server, 'w1');
  await client.push('job-00001');
  await client.fetch();
  await client.ask('FAIL {"jid":"job-00001","errtype":"Boom","message":"it broke"}');
  await server.stop();
  expect(await attemptsIn(dir)).toEqual({ 'job-00001': [] });
});
