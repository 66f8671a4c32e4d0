/**
 * The socket's rules: the verbs beyond Faktory's protocol. Who sees them, what a line of many does, and that a
 * reservation that is over changes nothing.
 */
import { expect, test } from 'vitest';
import { eventually, folder, greeted, running, TestClock } from './running.ts';
import type { WireClient } from './wire-client.ts';

interface HandedOut {
  rid: string;
  expires_at: string;
  job: { jid: string; failure?: { errtype: string; retry_count: number } };
}

const EXT = 'EXT {"v":1}';

/** A connection that has asked for the extensions. */
async function extended(server: Parameters<typeof greeted>[0], wid = 'w1'): Promise<WireClient> {
  const client = await greeted(server, wid);
  await client.json(EXT);
  return client;
}

async function pushed(client: WireClient, count: number): Promise<string[]> {
  const jids = Array.from({ length: count }, (_, n) => `job-${String(n).padStart(5, '0')}`);
  for (const jid of jids) await client.push(jid);
  return jids;
}

const fetchMany = (client: WireClient, count: number): Promise<HandedOut[]> =>
  client.json<HandedOut[]>(`FETCHB ${count} default`);
const named = ({ job, rid }: HandedOut): { jid: string; rid: string } => ({ jid: job.jid, rid });
const line = (verb: string, entries: readonly object[]): string => `${verb} ${JSON.stringify(entries)}`;

test.each(['FETCHB 1 default', 'ACKB []', 'FAILB []', 'RELEASE []', 'EXTEND []'])(
  '%s is an unknown command to a client that did not ask for extensions',
  async (command) => {
    const client = await greeted(await running(), 'w1');
    expect(await client.ask(command)).toBe(`-ERR unknown command ${command.split(' ')[0]}`);
  },
);

test('EXT tells the version and the limits; another version is refused and changes nothing', async () => {
  const client = await greeted(await running({ maxBulkJobs: 7 }), 'w1');
  expect(await client.ask('EXT {"v":2}')).toBe('-ERR EXT knows version 1, not 2');
  expect(await client.ask('ACKB []')).toBe('-ERR unknown command ACKB');
  expect(await client.json(EXT)).toEqual({
    v: 1,
    max_fetch: 1000,
    max_settle: 7,
    features: ['unique', 'expiry'],
  });
  expect(await client.json('ACKB []')).toEqual({});
});

test('a server whose extensions are switched off does not know EXT', async () => {
  const client = await greeted(await running({ extensions: false }), 'w1');
  expect(await client.ask(EXT)).toBe('-ERR unknown command EXT');
  expect(await client.ask('ACKB []')).toBe('-ERR unknown command ACKB');
});

test('FAILB ends each job as its worker wishes', async () => {
  const server = await running({ clock: new TestClock().now });
  const client = await extended(server);
  await pushed(client, 3);
  const [dead, gone, soon] = (await fetchMany(client, 3)).map(named);
  const wishes = [
    { ...dead, fate: 'dead' },
    { ...gone, fate: 'discard' },
    { ...soon, retry_in: 0 },
  ];
  expect(await client.json(line('FAILB', wishes))).toEqual({});
  const { faktory } = await server.info();
  expect(faktory).toMatchObject({ total_failures: 3, sets: { dead: 1 } });
  expect((await fetchMany(client, 3)).map(({ job }) => job.jid)).toEqual([soon?.jid]);
});

test('FETCHB gives up to as many as asked, in order, in one commit; each with its own reservation', async () => {
  const server = await running();
  const client = await extended(server);
  const jids = await pushed(client, 5);
  const { commits } = (await server.info()).server;
  const first = await fetchMany(client, 3);
  expect((await server.info()).server.commits).toBe((commits ?? 0) + 1);
  const rest = await fetchMany(client, 1000);
  expect([...first, ...rest].map(({ job }) => job.jid)).toEqual(jids);
  expect(new Set([...first, ...rest].map(({ rid }) => rid)).size).toBe(5);
  expect((await server.info()).faktory.sets.working).toBe(5);
});

test('FETCHB waits like FETCH when there is nothing, and is woken by a push', async () => {
  const server = await running();
  const [client, producer] = [await extended(server), await greeted(server)];
  expect(await client.ask('FETCHB 10 default')).toBe('(nil)');
  const waiting = fetchMany(client, 10);
  await producer.push('woken-001');
  expect((await waiting).map(({ job }) => job.jid)).toEqual(['woken-001']);
});

test('ACKB and FAILB end many reservations in one commit each', async () => {
  const server = await running();
  const client = await extended(server);
  await pushed(client, 6);
  const taken = (await fetchMany(client, 6)).map(named);
  const { commits } = (await server.info()).server;
  expect(await client.json(line('ACKB', taken.slice(0, 4)))).toEqual({});
  const failed = taken.slice(4).map((handOut) => ({ ...handOut, errtype: 'Oops', message: 'no' }));
  expect(await client.json(line('FAILB', failed))).toEqual({});
  const { faktory, server: after } = await server.info();
  expect(after.commits).toBe((commits ?? 0) + 2);
  expect(faktory).toMatchObject({
    total_processed: 6,
    total_failures: 2,
    sets: { working: 0, retries: 2 },
  });
});

test('RELEASE puts jobs back at the head, in their old order, no attempt used', async () => {
  const server = await running();
  const client = await extended(server);
  const jids = await pushed(client, 4);
  const taken = await fetchMany(client, 3);
  expect(await client.json(line('RELEASE', taken.map(named)))).toEqual({});
  const again = await fetchMany(client, 4);
  expect(again.map(({ job }) => job.jid)).toEqual(jids);
  expect(again.every(({ job }) => job.failure === undefined)).toBe(true);
  expect((await server.info()).faktory).toMatchObject({ total_processed: 0, total_failures: 0 });
});

test.each([
  ['ACKB', {}],
  ['FAILB', { errtype: 'Late', message: 'too late' }],
  ['RELEASE', {}],
  ['EXTEND', { seconds: 600 }],
])('%s of a reservation that is over is STALE and leaves the next hand-out alone', async (verb, more) => {
  const server = await running();
  const client = await extended(server);
  await pushed(client, 1);
  const [old] = (await fetchMany(client, 1)).map(named);
  await client.json(line('RELEASE', [old ?? {}]));
  const [next] = (await fetchMany(client, 1)).map(named);
  expect(next?.jid).toBe(old?.jid);
  expect(await client.json(line(verb, [{ ...old, ...more }]))).toEqual({
    [old?.rid ?? '']: `STALE the reservation of ${old?.jid} is over`,
  });
  expect((await server.info()).faktory).toMatchObject({ total_processed: 0, sets: { working: 1 } });
  expect(await client.json(line('ACKB', [next ?? {}]))).toEqual({});
});

test('a line with good and stale entries does the good ones and names the others', async () => {
  const client = await extended(await running());
  await pushed(client, 2);
  const [first, second] = (await fetchMany(client, 2)).map(named);
  await client.json(line('ACKB', [first ?? {}]));
  const answer = await client.json(line('ACKB', [first ?? {}, second ?? {}]));
  expect(Object.keys(answer)).toEqual([first?.rid]);
});

test('EXTEND keeps a reservation alive for so many seconds from now, never shorter than it was', async () => {
  const clock = new TestClock();
  const server = await running({ clock: clock.now, dir: folder() });
  const client = await extended(server);
  await client.push('long-0001', { reserve_for: 60 });
  const [held] = (await fetchMany(client, 1)).map(named);
  clock.move(50);
  expect(await client.json(line('EXTEND', [{ ...held, seconds: 120 }]))).toEqual({});
  expect(await client.json(line('EXTEND', [{ ...held, seconds: 1 }]))).toEqual({});
  clock.move(115);
  await client.json('INFO');
  expect((await server.info()).faktory.sets.working).toBe(1);
  clock.move(6);
  await eventually(async () => (await server.info()).faktory.sets.retries === 1);
  expect(await client.json(line('ACKB', [held ?? {}]))).toEqual({
    [held?.rid ?? '']: expect.stringMatching(/^STALE/),
  });
});

test.each([
  ['FETCHB', '-ERR FETCHB takes a number from 1 to 1000 before the queues, not ""'],
  ['FETCHB 0 default', '-ERR FETCHB takes a number from 1 to 1000 before the queues, not "0"'],
  ['FETCHB 1001 default', '-ERR FETCHB takes a number from 1 to 1000 before the queues, not "1001"'],
  ['FETCHB default', '-ERR FETCHB takes a number from 1 to 1000 before the queues, not "default"'],
  ['FETCHB 5', '-ERR must call fetch with at least one queue'],
  ['ACKB', '-ERR invalid ACKB'],
  ['ACKB {}', '-ERR invalid ACKB {}'],
  ['ACKB [{"jid":"job-00001"}]', '-ERR invalid ACKB'],
  ['ACKB [{"jid":"job-00001","rid":"1e3"}]', '-ERR invalid ACKB'],
  ['ACKB [1]', '-ERR invalid ACKB'],
  ['FAILB [{"jid":"job-00001","rid":"1","message":7}]', '-ERR invalid FAILB'],
  ['EXTEND [{"jid":"job-00001","rid":"1"}]', '-ERR invalid EXTEND'],
  ['EXTEND [{"jid":"job-00001","rid":"1","seconds":86401}]', '-ERR invalid EXTEND'],
  [
    'RELEASE [{"jid":"a","rid":"1"},{"jid":"a","rid":"2"},{"jid":"a","rid":"3"}]',
    '-ERR too many entries in one RELEASE',
  ],
])('%s is refused in words and the connection lives on', async (command, words) => {
  const client = await extended(await running({ maxBulkJobs: 2 }));
  expect((await client.ask(command)).startsWith(words)).toBe(true);
  expect(await client.json('ACKB []')).toEqual({});
});

test('a FETCHB whose socket dies in the moment of the push gives all its jobs back, in their old order', async () => {
  const server = await running();
  const producer = await greeted(server);
  const jobs = ['a', 'b', 'c'].map((name) => ({ jid: `job-0000${name}`, jobtype: 'T', args: [] }));
  for (let round = 0; round < 20; round++) {
    const dying = await extended(server);
    dying.send('FETCHB 3 default');
    for (let turns = 0; turns < 2; turns++) await producer.json('INFO');
    // Both reach the server in one turn, in either order.
    if (round % 2 === 0) dying.socket.destroy();
    producer.send(`PUSHB ${JSON.stringify(jobs)}`);
    if (round % 2 === 1) dying.socket.destroy();
    expect(await producer.line()).toBe('$ {}');
    await dying.closed();
    await eventually(async () => (await server.info()).server.connections === 1);
    await eventually(async () => (await server.info()).faktory.sets.working === 0);
    const other = await extended(server, 'w2');
    const taken = await fetchMany(other, 3);
    expect(taken.map(({ job }) => job.jid)).toEqual(jobs.map(({ jid }) => jid));
    await other.json(line('ACKB', taken.map(named)));
    await other.destroy();
    await eventually(async () => (await server.info()).server.connections === 1);
  }
  expect((await server.info()).faktory).toMatchObject({ total_processed: 60, total_failures: 0 });
});

test('a quiet worker gets nothing from FETCHB', async () => {
  const client = await extended(await running());
  await pushed(client, 1);
  await client.ask('BEAT {"wid":"w1","current_state":"quiet"}');
  expect(await client.ask('FETCHB 5 default')).toBe('(nil)');
});
