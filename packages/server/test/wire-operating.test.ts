/**
 * The socket's rules: the verbs of operators. Finding and changing jobs bite by bite, workers and what they are told, and the tail of
 * what happens.
 */
import type {
  ChangedJobs,
  CountedJobs,
  FoundJobs,
  Info,
  TailedEvents,
  WorkersStatus,
} from '@faktory-ts/protocol';
import { expect, test } from 'vitest';
import { greeted, park, running, TestClock } from './running.ts';
import type { WireClient } from './wire-client.ts';

/** A connection that has asked for the extensions. */
async function extended(server: Parameters<typeof greeted>[0], wid?: string): Promise<WireClient> {
  const client = await greeted(server, wid);
  await client.json('EXT {"v":1}');
  return client;
}

const line = (verb: string, ask: object): string => `${verb} ${JSON.stringify(ask)}`;

test.each(['JOBS', 'CHANGE {}', 'QUEUES', 'WORKERS', 'SIGNAL {}', 'TAIL'])(
  '%s is an unknown command to a client that did not ask for extensions',
  async (command) => {
    const client = await greeted(await running());
    expect(await client.ask(command)).toBe(`-ERR unknown command ${command.split(' ')[0]}`);
  },
);

test('JOBS gives what the client wrote, with where it is; a cursor goes on; a count counts', async () => {
  const client = await extended(await running({ clock: new TestClock().now }));
  await client.ask('PUSH {"jid":"job-00001","jobtype":"Mail","args":[12345678901234567890,1.0]}');
  await client.push('job-00002', { at: '2026-06-10T13:00:00Z' });
  client.send(line('JOBS', { jobtypes: ['Mail'] }));
  const raw = await client.line();
  expect(raw).toContain('"args":[12345678901234567890,1.0]');
  expect(JSON.parse(raw.slice(2))).toMatchObject({
    jobs: [{ place: 'ready', at: '2026-06-10T12:00:00Z', job: { jid: 'job-00001', jobtype: 'Mail' } }],
    scanned: 2,
    total: 2,
  });
  const first = await client.json<FoundJobs>(line('JOBS', { limit: 1 }));
  const second = await client.json<FoundJobs>(line('JOBS', { limit: 1, cursor: first.next }));
  expect(second.jobs).toMatchObject([{ place: 'scheduled', at: '2026-06-10T13:00:00Z' }]);
  expect(await client.json<CountedJobs>(line('JOBS', { count: true }))).toEqual({
    count: 2,
    scanned: 2,
    total: 2,
  });
});

test.each([
  ['JOBS {"places":["morgue"]}', 'knows ready, working'],
  ['JOBS {"jids":[]}', 'is empty'],
  ['JOBS {"from":"yesterday"}', 'must be a time'],
  ['JOBS {"limit":0}', 'from 1 to 1000'],
  ['JOBS {"priorities":[10]}', 'from 1 to 9'],
  ['JOBS {"cursor":"x"}', 'invalid cursor'],
  ['CHANGE {"action":"discard"}', 'say which jobs'],
  ['CHANGE {"places":["dead"],"action":"eat"}', '"action" must be'],
  ['CHANGE {"places":["dead"],"action":"move","queue":"a b"}', 'queue names must match'],
  ['SIGNAL {"wid":"w1","state":"running"}', 'must be quiet or terminate'],
  ['SIGNAL {"wid":"w1","state":"quiet"}', 'unknown worker w1'],
  ['TAIL {"kinds":["eaten"]}', 'knows pushed'],
])('%s is refused with what to do, and changes nothing', async (command, reason) => {
  const client = await extended(await running());
  await client.push('job-00001');
  const said = await client.ask(command);
  expect(said).toMatch(/^-ERR /);
  expect(said).toContain(reason);
  expect(await client.fetch()).toBe('job-00001');
});

test('CHANGE takes each action to all that match, wherever they are, one bite after another', async () => {
  const client = await extended(await running({ clock: new TestClock().now }));
  const change = (ask: object): Promise<ChangedJobs> => client.json(line('CHANGE', ask));
  for (let n = 0; n < 600; n++) client.send(`PUSH {"jid":"job-${n + 1000}","jobtype":"T","args":[]}`);
  for (let n = 0; n < 600; n++) expect(await client.line()).toBe('+OK');
  const ready = { places: ['ready'] };
  const first = await change({ ...ready, action: 'schedule', at: '2026-06-11T00:00:00Z' });
  expect([first.changed, first.total]).toEqual([500, 600]);
  const rest = await change({ ...ready, action: 'schedule', at: '2026-06-11T00:00:00Z', cursor: first.next });
  expect([rest.changed, rest.next]).toEqual([100, undefined]);
  const [one, two, three] = ['job-1001', 'job-1002', 'job-1003'].map((jid) => ({ jids: [jid] }));
  expect(await change({ ...one, action: 'requeue' })).toMatchObject({ changed: 1 });
  expect(await change({ ...one, action: 'move', queue: 'other' })).toMatchObject({ changed: 1 });
  expect(await change({ ...one, action: 'prioritize', priority: 8 })).toMatchObject({ changed: 1 });
  expect(await change({ ...two, action: 'kill' })).toMatchObject({ changed: 1 });
  expect(await change({ ...three, action: 'discard' })).toMatchObject({ changed: 1 });
  const got = await client.json<{ jid: string; queue: string; priority: number }>('FETCH other');
  expect(got).toMatchObject({ jid: 'job-1001', queue: 'other', priority: 8 });
  const { faktory } = await client.json<{ faktory: { sets: object } }>('INFO');
  expect(faktory.sets).toMatchObject({ scheduled: 597, dead: 1, working: 1 });
});

test('a kill that does not fit into dead is refused before it deletes anything, unless it says "evict"', async () => {
  const client = await extended(await running({ deadLimit: 2 }));
  for (const n of [1, 2, 3]) await client.push(`job-0000${n}`);
  const kill = { places: ['ready'], action: 'kill' };
  expect(await client.ask(line('CHANGE', kill))).toMatch(
    /^-ERR the dead set has 0 of at most 2 jobs: a kill of 3 more would delete its 1 oldest jobs for good; .*"evict":true/,
  );
  const info = () => client.json<Info>('INFO');
  expect((await info()).faktory).toMatchObject({ sets: { dead: 0 }, total_enqueued: 3 });
  expect((await info()).server).toMatchObject({ dead_limit: 2, dead_evicted: 0 });
  expect(await client.json(line('CHANGE', { ...kill, evict: true }))).toMatchObject({ changed: 3 });
  expect((await info()).server).toMatchObject({ dead_evicted: 1 });
});

test('QUEUES tells of each queue its size, whether it is paused, and how long its first job has waited', async () => {
  const clock = new TestClock();
  const client = await extended(await running({ clock: clock.now }));
  await client.push('job-00001', { queue: 'mail' });
  await client.push('job-00002');
  await client.ask('QUEUE PAUSE mail');
  await client.fetch();
  clock.move(7);
  expect(await client.json('QUEUES')).toEqual([
    { name: 'default', size: 0, paused: false, latency: 0 },
    { name: 'mail', size: 1, paused: true, latency: 7 },
  ]);
});

test('WORKERS lists who works on what since when; SIGNAL reaches them with their next beat', async () => {
  const server = await running({ clock: new TestClock().now });
  const client = await extended(server);
  const worker = await greeted(server, 'w1');
  await client.push('job-00001');
  await client.push('job-00002');
  await worker.ask('BEAT {"wid":"w1","rss_kb":2048,"lag_ms":3,"slots":7}');
  expect(await worker.fetch()).toBe('job-00001');
  expect(await client.fetch()).toBe('job-00002');
  const { workers, others } = await client.json<WorkersStatus>('WORKERS');
  expect(workers).toMatchObject([
    {
      wid: 'w1',
      state: 'running',
      queues: ['default'],
      rss_kb: 2048,
      lag_ms: 3,
      slots: 7,
      connections: 1,
      jobs: [{ jid: 'job-00001', jobtype: 'T', queue: 'default', wid: 'w1' }],
    },
  ]);
  expect(others.map(({ jid, wid }) => [jid, wid])).toEqual([['job-00002', '']]);
  expect(await client.json(line('SIGNAL', { wid: 'w1', state: 'quiet' }))).toEqual({ signalled: 1 });
  expect(await worker.json('BEAT {"wid":"w1"}')).toEqual({ state: 'quiet' });
  expect(await client.json(line('SIGNAL', { wid: 'all', state: 'terminate' }))).toEqual({ signalled: 1 });
  expect(await worker.json('BEAT {"wid":"w1"}')).toEqual({ state: 'terminate' });
});

test('TAIL tells what happens from the first question on, arguments only when asked for', async () => {
  const server = await running({ clock: new TestClock().now });
  const client = await extended(server);
  const [watcher, worker] = [await extended(server), await greeted(server, 'w1')];
  await client.push('before-01');
  await park(client, [worker], 'parked');
  const tail = (ask: object): Promise<TailedEvents> => watcher.json(line('TAIL', ask));
  const { next: start } = await tail({ args: true });
  await client.push('job-00001', { queue: 'parked', args: ['secret'] });
  expect(await worker.line()).toContain('job-00001');
  await worker.ask('FAIL {"jid":"job-00001","errtype":"Oops","message":"no"}');
  await client.push('later-001', { at: '2026-06-11T00:00:00Z' });
  expect(await worker.fetch()).toBe('before-01');
  await worker.ask('ACK {"jid":"before-01"}');
  const told = await tail({ after: start });
  expect(told.events.map(({ kind, jid }) => [kind, jid])).toEqual([
    ['pushed', 'job-00001'],
    ['fetched', 'job-00001'],
    ['failed', 'job-00001'],
    ['pushed', 'later-001'],
    ['fetched', 'before-01'],
    ['done', 'before-01'],
  ]);
  expect(told.events[2]).toMatchObject({ jobtype: 'T', queue: 'parked', wid: 'w1', error: 'Oops: no' });
  expect(JSON.stringify(told)).not.toContain('secret');
  const failed = await tail({ after: start, kinds: ['failed'], queues: ['parked'], args: true });
  expect(failed.events.map(({ args }) => args)).toEqual(['["secret"]']);
  watcher.send(line('TAIL', { after: told.next }));
  await client.push('job-00002');
  expect(await watcher.line()).toContain('job-00002');
  expect(await tail({ after: 0 })).toMatchObject({ missed: true });
});
