/**
 * History through the whole server: written each minute and at the stop, and kinds of errors as the wire tells them.
 */
import { join } from 'node:path';
import { type FoundJobs, fingerprint } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { openDatabase } from '../src/engine/sqlite/state/binding.ts';
import { eventually, folder, greeted, running, TestClock } from './running.ts';

/** What the file has: steps, with the pushes and failures in them. */
function stepsIn(dir: string): [step: number, pushed: number, failed: number][] {
  const db = openDatabase(join(dir, 'faktory.db'));
  const rows = db.prepare('SELECT step, text FROM history ORDER BY step, at').all();
  db.close();
  return (rows as { step: number; text: string }[]).map(({ step, text }) => {
    const kinds = JSON.parse(text) as [string, string, number, number, number, number][];
    const sum = (index: 2 | 4): number => kinds.reduce((total, kind) => total + kind[index], 0);
    return [step, sum(2), sum(4)];
  });
}

test('what happened is written when its minute is over, and at the stop', async () => {
  const clock = new TestClock();
  const dir = folder();
  const server = await running({ dir, clock: clock.now });
  const producer = await greeted(server);
  await producer.push('job-00001');
  await producer.push('job-00002');
  clock.move(60);
  await eventually(() => stepsIn(dir).length > 0);
  expect(stepsIn(dir)).toEqual([
    [60, 2, 0],
    [3600, 2, 0],
  ]);
  const client = await greeted(server, 'w1');
  await client.fetch();
  await client.ask('FAIL {"jid":"job-00001","errtype":"Boom","message":"order 17 failed"}');
  await server.stop();
  expect(stepsIn(dir)).toEqual([
    [60, 2, 0],
    [60, 0, 1],
    [3600, 2, 1],
  ]);
});

test('JOBS finds the jobs of a kind of error by its fingerprint', async () => {
  const client = await greeted(await running(), 'w1');
  await client.json('EXT {"v":1}');
  for (const [jid, message] of [
    ['job-00001', 'order 17 failed'],
    ['job-00002', 'no such host'],
    ['job-00003', 'order 4711 failed'],
  ]) {
    await client.push(jid ?? '');
    await client.fetch();
    await client.ask(`FAIL ${JSON.stringify({ jid, errtype: 'Boom', message })}`);
  }
  const { id } = fingerprint('Boom', 'order 1 failed');
  const { jobs } = await client.json<FoundJobs>(`JOBS {"places":["retries"],"fingerprints":["${id}"]}`);
  expect(jobs.map(({ job }) => job.jid).sort()).toEqual(['job-00001', 'job-00003']);
  expect(await client.ask('JOBS {"fingerprints":[]}')).toContain('"fingerprints" is empty');
});
