/**
 * `/api/live`: pages are told what changes, and only that.
 */
import { afterEach, expect, test } from 'vitest';
import type { Server } from '../src/index.ts';
import { greeted, running } from './running.ts';
import { ask, LivePage } from './web.ts';

const pages: LivePage[] = [];
afterEach(() => {
  for (const { socket } of pages.splice(0)) socket.terminate();
});

const opened = (): Promise<Server> => running({ http: {} });
function page(server: Server): LivePage {
  const made = new LivePage(server);
  pages.push(made);
  return made;
}
type Row = { size: number; paused: boolean } | null;
const row = (name: string) => (update: { queues?: Record<string, Row> }) => update.queues?.[name];

test('the first update of a topic is whole, later ones hold only what has changed', async () => {
  const server = await opened();
  const client = await greeted(server);
  await client.push('job-00001', { queue: 'a' });
  await client.push('job-00002', { queue: 'b' });
  const live = page(server);
  await live.ask('queues');
  expect(Object.keys(await live.until(({ queues }): object | undefined => queues))).toEqual(['a', 'b']);
  await client.push('job-00003', { queue: 'b' });
  await live.until((update) => (row('b')(update)?.size === 2 ? true : undefined));
  const known = new Map<string, string>();
  for (const { queues = {} } of live.updates as { queues?: Record<string, { latency: number }> }[])
    for (const [name, { latency: _, ...rest }] of Object.entries(queues)) {
      expect(JSON.stringify(rest)).not.toBe(known.get(name));
      known.set(name, JSON.stringify(rest));
    }
});

test('a queue that is removed is told as gone, and one that comes back as new', async () => {
  const server = await opened();
  const client = await greeted(server);
  await client.push('job-00001', { queue: 'a' });
  const live = page(server);
  await live.ask('queues');
  await live.until(row('a'));
  await client.ask('QUEUE REMOVE a');
  await live.until((update) => (row('a')(update) === null ? true : undefined));
  await client.push('job-00002', { queue: 'a' });
  const seen = live.updates.length;
  await live.until((update) =>
    live.updates.indexOf(update as never) >= seen && row('a')(update)?.size === 1 ? true : undefined,
  );
});

test('a page that comes later gets all of it', async () => {
  const server = await opened();
  const client = await greeted(server);
  await client.push('job-00001', { queue: 'a' });
  const first = page(server);
  await first.ask('queues', 'stats');
  await first.until(row('a'));
  const second = page(server);
  await second.ask('queues');
  expect(await second.until(({ queues }) => queues)).toMatchObject({ a: { size: 1 } });
  expect(second.updates.every((update) => !('stats' in update))).toBe(true);
});

test('sizes and totals follow what happens on the wire', async () => {
  const server = await opened();
  const live = page(server);
  await live.ask('stats');
  await live.until((update: { stats?: { ready: number } }) => (update.stats?.ready === 0 ? true : undefined));
  const client = await greeted(server);
  await client.push('job-00001');
  const stats = await live.until((update: { stats?: { ready: number } }) =>
    update.stats?.ready === 1 ? update.stats : undefined,
  );
  expect(stats).toMatchObject({ ready: 1, pushed: 1, queues: 1, connections: 1, workers: 0 });
});

test('workers come and go', async () => {
  const server = await opened();
  const live = page(server);
  await live.ask('workers');
  expect(await live.until(({ workers }) => workers)).toEqual({});
  const worker = await greeted(server, 'w1');
  const told = (update: { workers?: Record<string, { state: string } | null> }) => update.workers?.w1;
  expect(await live.until(told)).toMatchObject({ wid: 'w1', state: 'running' });
  worker.socket.destroy();
  await live.until((update) => (told(update) === null ? true : undefined));
});

test('events of jobs are told as they happen', async () => {
  const server = await opened();
  const live = page(server);
  await live.ask('events', 'stats');
  await live.until(({ stats }) => stats);
  const client = await greeted(server, 'w1');
  await client.push('job-00001');
  await client.ask('FETCH default');
  await client.ask('ACK {"jid":"job-00001"}');
  const kinds: string[] = [];
  await live.until((update: { events?: { kind: string; jid: string }[] }) => {
    kinds.push(...(update.events ?? []).map(({ kind }) => kind));
    return kinds.includes('done') ? true : undefined;
  });
  expect(kinds).toEqual(['pushed', 'fetched', 'done']);
});

test('a page that sends what makes no sense is closed, and the others go on', async () => {
  const server = await opened();
  const good = page(server);
  await good.ask('stats');
  for (const message of ['{', '{"topics":"stats"}', '{"topics":["secrets"]}', '[]', 'x'.repeat(10_000)]) {
    const bad = page(server);
    await bad.ask('stats');
    const closed = bad.closed();
    bad.socket.send(message);
    expect([message.slice(0, 20), [4400, 1009].includes(await closed)]).toEqual([message.slice(0, 20), true]);
  }
  const before = good.updates.length;
  await good.until((update) => (good.updates.indexOf(update) >= before ? true : undefined));
});

test('without a WebSocket the same is there to be asked for', async () => {
  const server = await opened();
  await (await greeted(server)).push('job-00001', { queue: 'a' });
  const update = (
    await ask(server, '/api/live?topics=stats&topics=queues&topics=workers&topics=attention')
  ).json();
  expect(update).toMatchObject({
    stats: { ready: 1 },
    queues: { a: { size: 1 } },
    workers: {},
    attention: expect.any(Array),
  });
});

// Note: more must be on its way than the buffers of both sockets hold, because else the page is not slow. Events with long names are
// large and need no look at the store, so the test does not depend on how long looks take.
test('a page that reads slowly gets newer events, not more, and is told that it missed some', {
  timeout: 30_000,
}, async () => {
  const server = await opened();
  const client = await greeted(server);
  const wide = '€'.repeat(900);
  const rounds = 10;
  const push = (round: number): Promise<unknown> => {
    const jobs = Array.from({ length: 200 }, (_, index) => ({
      jid: `${round}-${index}-${wide}`,
      jobtype: wide,
      args: [],
    }));
    return client.ask(`PUSHB ${JSON.stringify(jobs)}`);
  };
  type Told = { events?: { jid?: string }[]; missed?: boolean };
  const lastOf = (round: number) => (update: Told) =>
    update.events?.some(({ jid }) => jid?.startsWith(`${round}-199-`)) ? true : undefined;
  const [slow, quick] = [page(server), page(server)];
  for (const one of [slow, quick]) {
    await one.ask('events', 'stats');
    await one.until(({ stats }) => stats);
    await one.ask('events');
  }
  slow.socket.pause();
  for (let round = 0; round < rounds; round++) {
    await push(round);
    await quick.until(lastOf(round));
  }
  slow.socket.resume();
  await slow.until(lastOf(rounds - 1));
  const withEvents = ({ updates }: LivePage): Told[] =>
    (updates as Told[]).filter(({ events }) => events !== undefined);
  expect(withEvents(slow).length).toBeLessThan(withEvents(quick).length - 1);
  expect(withEvents(slow).some(({ missed }) => missed)).toBe(true);
  expect(withEvents(quick).some(({ missed }) => missed)).toBe(false);
});

test('a page that names topics again and again is heard a few times a second, and closed when it does not stop', async () => {
  const server = await opened();
  const [greedy, other] = [page(server), page(server)];
  await other.ask('queues');
  await greedy.ask('stats');
  const closed = greedy.closed();
  for (let time = 0; time < 500; time++) await greedy.ask(...(time % 2 ? ['queues'] : ['workers', 'queues']));
  expect(await closed).toBe(4429);
  expect(greedy.updates.length).toBeLessThan(20);
  await (await greeted(server)).push('job-00001', { queue: 'seen' });
  await other.until(row('seen'));
});
