/**
 * The socket's rules: leases. A worker that is heard keeps its jobs however long they take; one that is not loses them, and
 * a job that keeps losing workers is buried. And: one connection is enough, since a line ends the wait of a FETCHB before it.
 */
import { expect, test } from 'vitest';
import { eventually, folder, greeted, park, running, TestClock } from './running.ts';
import type { WireClient } from './wire-client.ts';

interface HandedOut {
  rid: string;
  job: { jid: string; failure?: { errtype: string; message: string; retry_count: number } };
}

const LEASE = 'EXT {"v":1,"lease":true}';

async function leased(server: Parameters<typeof greeted>[0], wid = 'w1'): Promise<WireClient> {
  const client = await greeted(server, wid);
  expect(await client.json(LEASE)).toMatchObject({ lease: 15 });
  return client;
}

const fetchOne = async (client: WireClient): Promise<HandedOut | undefined> =>
  (await client.json<HandedOut[]>('FETCHB 1 default'))[0];
const setsOf = async (server: Awaited<ReturnType<typeof running>>) => (await server.info()).faktory.sets;

test('a worker that beats keeps its job past every reserve_for; silent for 15 s, it loses it as WorkerLost', async () => {
  const clock = new TestClock();
  const server = await running({ clock: clock.now });
  const worker = await leased(server);
  await worker.ask('PUSH {"jid":"long-0001","jobtype":"T","args":[],"reserve_for":60}');
  const taken = await fetchOne(worker);
  for (let beats = 0; beats < 10; beats++) {
    clock.move(14);
    expect(await worker.ask('BEAT {"wid":"w1"}')).toBe('+OK');
  }
  expect(await setsOf(server)).toMatchObject({ working: 1, retries: 0 });
  clock.move(15);
  await eventually(async () => (await setsOf(server)).retries === 1);
  const late = `ACKB [{"jid":"long-0001","rid":"${taken?.rid}"}]`;
  expect(Object.values(await worker.json(late))).toEqual([expect.stringMatching(/^STALE /)]);
  clock.move(60);
  const again = await fetchOne(worker);
  expect(again?.job.failure).toMatchObject({
    errtype: 'WorkerLost',
    message: 'worker w1 sent no beat in time',
    retry_count: 0,
  });
});

test('a closed socket alone proves nothing: the job stays with a worker that beats elsewhere', async () => {
  const clock = new TestClock();
  const server = await running({ clock: clock.now });
  const [heart, hands] = [await greeted(server, 'w1'), await leased(server)];
  await heart.push('job-00001');
  const taken = await fetchOne(hands);
  hands.socket.destroy();
  await hands.closed();
  clock.move(14);
  await heart.ask('BEAT {"wid":"w1"}');
  clock.move(14);
  const back = await leased(server);
  expect(await back.json(`ACKB [{"jid":"job-00001","rid":"${taken?.rid}"}]`)).toEqual({});
});

test('a job that lost its worker three times is dead, whatever retries are left', async () => {
  const clock = new TestClock();
  const server = await running({ clock: clock.now });
  const worker = await leased(server);
  await worker.push('killer-01');
  for (let losses = 0; losses < 3; losses++) {
    expect((await fetchOne(worker))?.job.jid).toBe('killer-01');
    clock.move(15);
    await eventually(async () => (await setsOf(server)).working === 0);
    clock.move(600);
    await eventually(async () => (await setsOf(server)).retries === 0);
  }
  expect(await setsOf(server)).toMatchObject({ dead: 1, working: 0, retries: 0 });
});

test('jobs that lose their worker together use no attempt, and the one that loses it alone is buried', async () => {
  const clock = new TestClock();
  const server = await running({ clock: clock.now });
  const worker = await leased(server);
  await worker.push('killer-01');
  await worker.push('victim-01', { retry: 0 });
  for (let losses = 0; losses < 2; losses++) {
    expect(await worker.json<HandedOut[]>('FETCHB 2 default')).toHaveLength(2);
    clock.move(15);
    await eventually(async () => (await setsOf(server)).working === 0);
    clock.move(60);
    await eventually(async () => (await setsOf(server)).retries === 0);
  }
  const both = await worker.json<HandedOut[]>('FETCHB 2 default');
  expect(both.map(({ job }) => job.failure)).toMatchObject([{ shared_losses: 2 }, { shared_losses: 2 }]);
  const victim = both.find(({ job }) => job.jid === 'victim-01');
  expect(await worker.json(`ACKB [{"jid":"victim-01","rid":"${victim?.rid}"}]`)).toEqual({});
  for (let losses = 0; losses < 3; losses++) {
    clock.move(15);
    await eventually(async () => (await setsOf(server)).working === 0);
    clock.move(600);
    await eventually(async () => (await setsOf(server)).retries === 0);
    if (losses < 2) expect((await fetchOne(worker))?.job.jid).toBe('killer-01');
  }
  expect(await setsOf(server)).toMatchObject({ dead: 1, working: 0, retries: 0 });
});

test('how long and how often are settings', async () => {
  const clock = new TestClock();
  const server = await running({ clock: clock.now, workerTimeout: 2000, maxWorkerLosses: 1 });
  const worker = await greeted(server, 'w1');
  expect(await worker.json(LEASE)).toMatchObject({ lease: 2 });
  await worker.push('killer-01');
  await fetchOne(worker);
  clock.move(2);
  await eventually(async () => (await setsOf(server)).dead === 1);
});

test('a restart gives the worker its whole span again', async () => {
  const clock = new TestClock();
  const dir = folder();
  const server = await running({ dir, clock: clock.now });
  const worker = await leased(server);
  await worker.push('job-00001');
  const taken = await fetchOne(worker);
  await server.stop();
  clock.move(3600);
  const next = await running({ dir, clock: clock.now });
  clock.move(14);
  const back = await leased(next);
  await back.ask('BEAT {"wid":"w1"}');
  clock.move(14);
  expect(await back.json(`ACKB [{"jid":"job-00001","rid":"${taken?.rid}"}]`)).toEqual({});
});

test('a producer gets no lease, and a plain EXT ends it for later fetches', async () => {
  const clock = new TestClock();
  const server = await running({ clock: clock.now });
  const producer = await greeted(server);
  expect(await producer.ask(LEASE)).toBe('-ERR a lease is for consumers: say HELLO with a wid first');
  const worker = await leased(server);
  await worker.json('EXT {"v":1}');
  await worker.push('job-00001');
  await fetchOne(worker);
  clock.move(60);
  await worker.ask('BEAT {"wid":"w1"}');
  expect(await setsOf(server)).toMatchObject({ working: 1 });
});

test('a line behind a FETCHB that waits ends the wait at once; nothing is lost', async () => {
  const server = await running();
  const [worker, producer] = [await leased(server), await greeted(server)];
  await producer.push('job-00001');
  const taken = await fetchOne(worker);
  const other = await greeted(server, 'w2');
  await park(producer, [other]);
  let otherAnswered = false;
  other.socket.once('data', () => {
    otherAnswered = true;
  });
  const answers = [
    worker.ask('FETCHB 1 default'),
    worker.json(`ACKB [{"jid":"job-00001","rid":"${taken?.rid}"}]`),
  ];
  expect(await Promise.all(answers)).toEqual(['(nil)', {}]);
  expect(otherAnswered).toBe(false); // it began to wait before, and waits its two seconds
  const parked = worker.ask('FETCHB 1 default');
  await eventually(() => server.info().then(({ faktory }) => faktory.sets.working === 0));
  worker.send('RELEASE []');
  expect(await parked).toBe('(nil)');
});

const holding = (...rids: (string | undefined)[]): string =>
  `EXT ${JSON.stringify({ v: 1, lease: true, holding: rids })}`;

test('a worker that says what it holds gets the rest of its jobs again at once, in their order and with no attempt used', async () => {
  const server = await running();
  const worker = await leased(server);
  for (const jid of ['job-00001', 'job-00002', 'job-00003', 'job-00004']) await worker.push(jid);
  const taken = await worker.json<HandedOut[]>('FETCHB 3 default');
  const back = await greeted(server, 'w1');
  expect(await back.json(holding(taken[1]?.rid))).toMatchObject({ lease: 15 });
  expect(await setsOf(server)).toMatchObject({ working: 1, retries: 0 });
  const again = await back.json<HandedOut[]>('FETCHB 10 default');
  expect(again.map(({ job }) => job.jid)).toEqual(['job-00001', 'job-00003', 'job-00004']);
  expect(again[0]?.job.failure).toBeUndefined();
  expect(await back.json(`ACKB [{"jid":"job-00002","rid":"${taken[1]?.rid}"}]`)).toEqual({});
});

test('the fetches of its older connections end before: none of them takes a job later', async () => {
  const server = await running();
  const [older, producer] = [await leased(server), await greeted(server)];
  older.send('FETCHB 5 default');
  for (let turns = 0; turns < 2; turns++) await producer.json('INFO');
  const back = await greeted(server, 'w1');
  await back.json(holding());
  await producer.push('job-00001');
  await older.closed();
  expect(await setsOf(server)).toMatchObject({ working: 0 });
  expect((await fetchOne(back))?.job.jid).toBe('job-00001');
});

test('the heart and the jobs of other workers are left alone', async () => {
  const server = await running();
  const [heart, other, plain] = [
    await greeted(server, 'w1'),
    await leased(server, 'w2'),
    await greeted(server, 'w1'),
  ];
  for (const jid of ['job-00001', 'job-00002']) await heart.push(jid);
  await fetchOne(other);
  await plain.fetch();
  const back = await greeted(server, 'w1');
  await back.json(holding());
  expect(await setsOf(server)).toMatchObject({ working: 2 });
  expect(await heart.ask('BEAT {"wid":"w1"}')).toBe('+OK');
});

test('a connection that was held up on its way takes nothing from the newer one of its worker', async () => {
  const server = await running();
  const late = await greeted(server, 'w1');
  const newer = await greeted(server, 'w1');
  await newer.json(holding());
  await newer.push('job-00001');
  await fetchOne(newer);
  expect(await late.ask(holding())).toMatch(/^-STALE a newer connection of worker w1 /);
  expect(await setsOf(server)).toMatchObject({ working: 1 });
});

test('an EXT without holding takes nothing back: other workers may not know the key', async () => {
  const server = await running();
  const worker = await leased(server);
  await worker.push('job-00001');
  await fetchOne(worker);
  await leased(server);
  expect(await setsOf(server)).toMatchObject({ working: 1 });
});
