/** Tests FETCH with a real engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nowMicros, parseJob } from '@faktory-ts/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { sqliteBackend } from '../engine/sqlite/backend.ts';
import { Jobs } from './jobs.ts';

const never = new AbortController().signal;
let dir: string;
let engine: Engine;
let jobs: Jobs;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'faktory-test-'));
  const backend = sqliteBackend({ dir, sync: 'off', clock: nowMicros });
  engine = backend.engine;
  await engine.open();
  jobs = new Jobs(backend);
});

afterEach(async () => {
  jobs.close();
  await engine.close();
  rmSync(dir, { recursive: true });
});

function push(jid: string, queue = 'default'): Promise<void> {
  return jobs.push(parseJob(JSON.stringify({ jid, queue, jobtype: 'T', args: [] })));
}

async function fetch(queues: string[], signal = never): Promise<string | undefined> {
  return (await jobs.fetch({ queues, wid: 'w', signal }))?.jid;
}

test('a ready job is handed out at once', async () => {
  await push('fetch-job-1');
  expect(await fetch(['empty', 'default'])).toBe('fetch-job-1');
});

test('waiting fetches get jobs in the order in which they came', async () => {
  const waiters = ['a', 'b', 'c'].map(() => fetch(['default']));
  await Promise.all(['fetch-job-1', 'fetch-job-2', 'fetch-job-3'].map((jid) => push(jid)));
  expect(await Promise.all(waiters)).toEqual(['fetch-job-1', 'fetch-job-2', 'fetch-job-3']);
});

test('a new fetch gets a job after the fetches that already wait', async () => {
  const waiter = fetch(['default']);
  await engine.sizes(); // the waiter has asked the engine and is parked
  const pushed = push('fetch-job-1');
  const newcomer = fetch(['other', 'default']);
  await pushed;
  expect(await waiter).toBe('fetch-job-1');
  await push('fetch-job-2');
  expect(await newcomer).toBe('fetch-job-2');
});

test('a wake-up that its waiter cannot use wakes another waiter', async () => {
  const greedy = fetch(['first', 'second']);
  const modest = fetch(['second']);
  await engine.sizes();
  await Promise.all([push('fetch-job-2', 'second'), push('fetch-job-1', 'first')]);
  expect(await greedy).toBe('fetch-job-1');
  expect(await modest).toBe('fetch-job-2');
});

test('jobs of a resumed queue go to the fetches that wait for it', async () => {
  await push('fetch-job-1');
  await jobs.engine.changeQueues(['default'], 'pause');
  const waiter = fetch(['default']);
  await engine.sizes();
  await jobs.engine.changeQueues('*', 'resume');
  expect(await waiter).toBe('fetch-job-1');
});

test('an aborted fetch gets no job, and the next waiting fetch gets it', async () => {
  const gone = new AbortController();
  const first = fetch(['default'], gone.signal);
  const second = fetch(['default']);
  await engine.sizes();
  gone.abort();
  await push('fetch-job-1');
  expect(await first).toBeUndefined();
  expect(await second).toBe('fetch-job-1');
});

test('a job that is given back is at the head of its queue and has used no attempt', async () => {
  await push('fetch-job-1');
  await push('fetch-job-2');
  const reservation = await jobs.fetch({ queues: ['default'], wid: 'w', signal: never });
  if (!reservation) throw new Error('nothing was handed out');
  expect(await jobs.giveBack(reservation)).toBe(true);
  expect(await jobs.engine.sizes()).toMatchObject({ working: 0, processed: 0, failures: 0 });
  expect(await fetch(['default'])).toBe('fetch-job-1');
});

test('closing ends every waiting fetch without a job', async () => {
  const waiters = [fetch(['default']), fetch([])];
  await engine.sizes();
  jobs.close();
  expect(await Promise.all(waiters)).toEqual([undefined, undefined]);
});
