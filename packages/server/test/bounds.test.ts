/**
 * No single request makes all others wait: what one turn does is bounded in rows and in bytes. `npm run bench -- holds` measures the time.
 */
import { expect, test } from 'vitest';
import { entry } from '../src/engine/conformance/scene.ts';
import type { Engine } from '../src/engine/engine.ts';
import { SqliteEngine } from '../src/engine/sqlite/sqlite-engine.ts';
import { latency } from '../src/jobs/queues.ts';
import { folder, greeted, running } from './running.ts';

const MEGABYTE = 1024 * 1024;
const now = (): number => Date.UTC(2026, 5, 10) * 1000;

async function opened(): Promise<SqliteEngine> {
  const engine = new SqliteEngine({ dir: folder(), sync: 'off', clock: now });
  await engine.open();
  return engine;
}

test('FETCHB gives at most two megabytes of jobs at once, or a single larger one, in their order', async () => {
  const engine = await opened();
  const sizes = [10, 900_000, 5000, 900_000, 3_000_000, 10, 900_000];
  const jids = sizes.map((_, index) => `large-00${index}`);
  await engine.push(sizes.map((size, index) => entry(`large-00${index}`, { args: ['x'.repeat(size)] })));
  const takes: string[][] = [];
  for (let left = sizes.length; left > 0; ) {
    const taken = await engine.fetchMany({ queues: ['default'], wid: 'w1' }, 1000);
    for (const { jid, document } of taken) expect(JSON.parse(document)).toMatchObject({ jid });
    takes.push(taken.map(({ jid }) => jid));
    left -= taken.length;
  }
  expect(takes.flat()).toEqual(jids);
  expect(takes.map(({ length }) => length)).toEqual([4, 1, 2]);
  await engine.close();
});

test('a failure that is large counts as a part of its job', async () => {
  const engine = await opened();
  const failure = JSON.stringify({ message: 'x'.repeat(1_500_000), errtype: 'E' });
  await engine.push(['big-00001', 'big-00002'].map((jid) => entry(jid, { failure })));
  const taken = await engine.fetchMany({ queues: ['default'], wid: 'w1' }, 10);
  expect(taken.map((each) => [each.jid, each.failure])).toEqual([['big-00001', failure]]);
  await engine.close();
});

test.each(['ACKB', 'FAILB', 'RELEASE', 'EXTEND'])(
  '%s takes at most 1,000 entries, as EXT says',
  async (verb) => {
    const client = await greeted(await running());
    expect(await client.json('EXT {"v":1}')).toMatchObject({ max_settle: 1000 });
    const entries = Array.from({ length: 1001 }, (_, n) => ({
      jid: 'any-jid-1',
      rid: `${n + 1}`,
      seconds: 60,
    }));
    expect(await client.ask(`${verb} ${JSON.stringify(entries)}`)).toContain(
      'at most 1000 are taken; split them',
    );
    expect(await client.ask(`${verb} ${JSON.stringify(entries.slice(1))}`)).toMatch(/^\$ \{/);
  },
);

test.each([
  'FETCH',
  'BEAT',
  'MUTATE',
  'QUEUE',
  'INFO',
  'ACK',
  'EXT',
  'FETCHB',
  'JOBS',
  'CHANGE',
  'TAIL',
  'ACKB',
])('%s refuses more than a megabyte unread, and the connection goes on', async (verb) => {
  const client = await greeted(await running());
  await client.json('EXT {"v":1}');
  const said = await client.ask(`${verb} ${'x'.repeat(MEGABYTE + 1)}`);
  expect(said).toBe(
    `-ERR line longer than this verb takes: ${verb} has ${MEGABYTE + 1} characters, the most is ${MEGABYTE}; split it`,
  );
  await client.push('still-here');
});

test('a queue of 12,000 jobs is removed in bites: none is handed out, and others are served meanwhile', async () => {
  const engine = await opened();
  const many = Array.from({ length: 12_000 }, (_, n) => entry(`gone-${n}-0000`, { queue: 'long' }));
  await engine.push(many);
  const [held] = await engine.fetchMany({ queues: ['long'], wid: 'w1' }, 1);
  const commits = engine.figures().commits;
  const order: string[] = [];
  const removed = engine.removeQueues(['long']).then(() => order.push('removed'));
  await engine.push([entry('other-001', { queue: 'other' })]);
  expect(await engine.fetchMany({ queues: ['long'], wid: 'w1' }, 1000)).toEqual([]);
  order.push('served');
  await engine.settle({ jid: held?.jid ?? '' }, { to: 'queue' });
  await engine.push([entry('newer-001', { queue: 'long' })]);
  await removed;
  expect(order).toEqual(['served', 'removed']);
  expect(engine.figures().commits - commits).toBeGreaterThanOrEqual(3);
  const left = await engine.fetchMany({ queues: ['long'], wid: 'w1' }, 1000);
  expect(left.map(({ jid }) => jid)).toEqual([held?.jid, 'newer-001']);
  await engine.close();
});

test('the oldest jobs of many queues are looked for 200 queues a turn, and told in the order asked', async () => {
  let [asked, most] = [0, 0];
  const oldest = async (): Promise<undefined> => {
    most = Math.max(most, ++asked);
    await new Promise(setImmediate);
    asked -= 1;
    return undefined;
  };
  const names = Array.from({ length: 1000 }, (_, n) => `queue-${n}`);
  const waits = await latency({ clock: now, oldest } as unknown as Engine, names);
  expect(Object.keys(waits)).toEqual(names);
  expect(most).toBe(200);
});
