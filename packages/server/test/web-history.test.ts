/**
 * What was, and taking back what was done, by the web UI's API.
 */
import type { ErrorGroups, History, JobRows, KindRow, UndoableChange } from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import type { Server } from '../src/index.ts';
import { greeted, running, TestClock } from './running.ts';
import { ask } from './web.ts';

const opened = (clock: TestClock): Promise<Server> => running({ http: {}, clock: clock.now });

async function work(server: Server, count: number, fails = false): Promise<void> {
  const worker = await greeted(server, 'w1');
  for (let each = 0; each < count; each++) {
    await worker.push(`job-${Math.random()}`, { queue: 'mail', jobtype: 'Mail' });
    const jid = await worker.fetch('mail');
    const end = fails
      ? `FAIL ${JSON.stringify({ jid, errtype: 'IOError', message: `no file ${each}` })}`
      : `ACK {"jid":"${jid}"}`;
    expect(await worker.ask(end)).toBe('+OK');
  }
}

const history = async (server: Server, query: string): Promise<History> =>
  (await ask(server, `/api/history?${query}`)).json<History>();

test.each([
  ['30m', 60, 30],
  ['3h', 60, 180],
  ['24h', 300, 288],
  ['7d', 3600, 168],
  ['30d', 10_800, 240],
  ['180d', 86_400, 180],
])('a history of %s has steps of %i s, all of them, the running one last', async (span, step, count) => {
  const clock = new TestClock();
  const server = await opened(clock);
  await work(server, 3);
  const told = await history(server, `span=${span}`);
  expect([told.step, told.points.length]).toEqual([step, count]);
  expect(told.points.at(-1)).toMatchObject({
    pushed: 3,
    done: 3,
    failed: 0,
    wait: { p50: expect.any(Number) },
  });
  expect(told.points.at(-2)).toEqual({ at: expect.any(String), pushed: 0, done: 0, failed: 0, dead: 0 });
  const times = told.points.map(({ at }) => Date.parse(at) / 1000);
  expect(times.every((at, index) => index === 0 || at - (times[index - 1] ?? 0) === step)).toBe(true);
});

test('steps that are joined sum up what happened in them', async () => {
  const clock = new TestClock(Date.UTC(2026, 5, 10, 12, 0) * 1000);
  const server = await opened(clock);
  await work(server, 2);
  clock.move(120);
  await work(server, 3, true);
  clock.move(60);
  const { points } = await history(server, 'span=24h');
  expect(points.at(-1)).toMatchObject({ pushed: 5, done: 2, failed: 3 });
});

test('a history is of one queue or one jobtype when it is asked for', async () => {
  const server = await opened(new TestClock());
  await work(server, 1);
  expect((await history(server, 'span=30m&queue=mail')).points.at(-1)).toMatchObject({ done: 1 });
  expect((await history(server, 'span=30m&queue=other')).points.at(-1)).toMatchObject({ done: 0 });
  expect((await history(server, 'span=30m&jobtype=Mail')).points.at(-1)).toMatchObject({ done: 1 });
  expect((await ask(server, '/api/history?span=1y')).status).toBe(400);
});

test('sums are told by queue and jobtype', async () => {
  const server = await opened(new TestClock());
  await work(server, 2);
  const { kinds } = (await ask(server, '/api/kinds?span=24h')).json<{ kinds: KindRow[] }>();
  expect(kinds).toEqual([{ queue: 'mail', jobtype: 'Mail', pushed: 2, done: 2, failed: 0, dead: 0 }]);
});

test('failures whose messages differ in a number only are one kind, and its jobs are found and changed by it', async () => {
  const server = await opened(new TestClock());
  await work(server, 3, true);
  const { groups, partial } = (await ask(server, '/api/errors?span=24h')).json<ErrorGroups>();
  expect(partial).toBe(false);
  expect(groups).toMatchObject([
    { errtype: 'IOError', jobtypes: ['Mail'], failures: 3, retries: 3, dead: 0 },
  ]);
  const id = groups[0]?.id ?? '';
  const found = (await ask(server, `/api/jobs?fingerprints=${id}`)).json<JobRows>();
  expect(found.jobs).toHaveLength(3);
  const body = { action: 'kill', places: ['retries'], fingerprints: [id] };
  expect((await ask(server, '/api/jobs/change', { body })).json()).toMatchObject({ changed: 3 });
});

test('a change with a name is listed for ten minutes with who made it, and taken back exactly', async () => {
  const clock = new TestClock();
  const server = await opened(clock);
  const client = await greeted(server);
  for (const jid of ['job-00001', 'job-00002', 'job-00003']) await client.push(jid, { queue: 'mail' });
  const rows = async () => (await ask(server, '/api/jobs?queues=mail')).json<JobRows>().jobs;
  const before = await rows();
  const body = { action: 'discard', places: ['ready'], queues: ['mail'], undo: 'slip' };
  expect((await ask(server, '/api/jobs/change', { body })).json()).toMatchObject({ changed: 3 });
  expect(await rows()).toEqual([]);
  const { changes } = (await ask(server, '/api/undo')).json<{ changes: UndoableChange[] }>();
  expect(changes).toMatchObject([{ name: 'slip', who: 'anybody', count: 3 }]);
  const undone = await ask(server, '/api/undo', { body: { name: 'slip' } });
  expect(undone.json()).toEqual({ undone: 3, kept: 0, left: 0 });
  expect(await rows()).toEqual(before);
  expect((await ask(server, '/api/undo', { body: { name: 'slip' } })).status).toBe(404);
  await ask(server, '/api/jobs/change', { body: { ...body, undo: 'second' } });
  clock.move(601);
  const late = await ask(server, '/api/undo', { body: { name: 'second' } });
  expect([late.status, late.json().error]).toEqual([404, expect.stringMatching(/ten minutes/)]);
});
