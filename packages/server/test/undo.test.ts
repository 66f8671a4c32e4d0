/**
 * Undoing changes through the whole server: by the wire, after kills in the middle of a change, and until it is forgotten.
 */
import { join } from 'node:path';
import type { ChangedJobs, CountedJobs, UndoneJobs } from '@faktory-ts/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../src/engine/sqlite/state/binding.ts';
import type { Server } from '../src/index.ts';
import { buildServer, Child, removeServer } from './crash-child.ts';
import { eventually, folder, greeted, kept, running, TestClock } from './running.ts';
import { WireClient } from './wire-client.ts';

beforeAll(buildServer, 60_000);
afterAll(removeServer);

async function extended(server: Server): Promise<WireClient> {
  const client = await greeted(server);
  await client.json('EXT {"v":1}');
  return client;
}

/** Counts all jobs, in as many bites as that takes: on a busy machine it is more than one. */
async function countAll(client: WireClient): Promise<number> {
  let [sum, cursor]: [number, string | undefined] = [0, undefined];
  do {
    const bite: CountedJobs = await client.json<CountedJobs>(
      `JOBS ${JSON.stringify({ count: true, cursor })}`,
    );
    sum += bite.count;
    cursor = bite.next;
  } while (cursor !== undefined);
  return sum;
}

const discard = (undo: string): string =>
  `CHANGE {"places":["ready"],"action":"discard","undo":${JSON.stringify(undo)}}`;

async function push(client: WireClient, count: number): Promise<string[]> {
  const jids = Array.from({ length: count }, (_, index) => `job-${index + 10_000}`);
  const jobs = jids.map((jid) => ({ jid, jobtype: 'T', args: [jid] }));
  expect(await client.json(`PUSHB ${JSON.stringify(jobs)}`)).toEqual({});
  return jids;
}

async function undoAll(client: WireClient, name: string): Promise<UndoneJobs> {
  for (const sum = { undone: 0, kept: 0, left: 0 }; ; ) {
    const { undone, kept: others, left } = await client.json<UndoneJobs>(`UNDO {"name":"${name}"}`);
    sum.undone += undone;
    sum.kept += others;
    if (left === 0) return sum;
  }
}

async function drain(client: WireClient): Promise<string[]> {
  const reply = await client.ask('FETCHB 1000 default');
  const taken = reply === '(nil)' ? [] : (JSON.parse(reply.slice(2)) as { job: { jid: string } }[]);
  return taken.map(({ job }) => job.jid);
}

test('a CHANGE with a name is undone bite by bite, once', async () => {
  const client = await extended(await running());
  const jids = await push(client, 800);
  const first = await client.json<ChangedJobs>(discard('clear-1'));
  expect(first.changed).toBe(500);
  expect((await client.json<ChangedJobs>(discard('clear-1'))).changed).toBe(300);
  expect(await client.json<UndoneJobs>('UNDO {"name":"clear-1"}')).toEqual({
    undone: 500,
    kept: 0,
    left: 300,
  });
  expect(await undoAll(client, 'clear-1')).toEqual({ undone: 300, kept: 0, left: 0 });
  expect(await client.ask('UNDO {"name":"clear-1"}')).toContain('-ERR there is no change clear-1 to undo');
  expect(await drain(client)).toEqual(jids);
});

test.each([
  'UNDO',
  'UNDO {"name":""}',
  'UNDO {"name":"a b"}',
  discard(''),
  discard('a/b'),
  discard('x'.repeat(65)),
])('%s is refused with what a name is', async (command) => {
  const client = await extended(await running());
  await push(client, 1);
  expect(await client.ask(command)).toMatch(/^-ERR .*must be 1 to 64 letters, digits, _ and -/);
  expect(await countAll(client)).toBe(1);
});

test('ten minutes later nothing of a change is in the store, without anybody asking', async () => {
  const clock = new TestClock();
  const server = await running({ clock: clock.now });
  const client = await extended(server);
  await push(client, 500);
  await client.json(discard('clear'));
  const db = openDatabase(join(server.dir, 'faktory.db'));
  const rows = () => (db.prepare('SELECT count(*) AS n FROM former').get() as { n: number }).n;
  expect(rows()).toBe(500);
  clock.move(601);
  await eventually(() => rows() === 0);
  db.close();
});

test('a kill in the middle of a change leaves of each job the job or what brings it back', async () => {
  for (let kill = 0; kill < 4; kill++) {
    const dir = folder();
    const child = new Child(dir);
    const client = kept(await WireClient.hello((await child.port()) ?? 0));
    await client.json('EXT {"v":1}');
    const jids = await push(client, 2500);
    for (let bite = 0; bite < 5; bite++) client.send(discard('clear'));
    for (let bite = 0; bite < kill; bite++) await client.line();
    await child.kill();
    const server = await running({ dir });
    const after = await extended(server);
    const count = await countAll(after);
    if (count < jids.length)
      expect(await undoAll(after, 'clear')).toEqual({ undone: jids.length - count, kept: 0, left: 0 });
    else expect(await after.ask('UNDO {"name":"clear"}')).toContain('-ERR there is no change');
    const found = [...(await drain(after)), ...(await drain(after)), ...(await drain(after))];
    expect(found).toEqual(jids);
    await server.stop();
  }
}, 60_000);
