/**
 * The crash test: clients push, fetch and acknowledge while their server is killed with SIGKILL at random moments,
 * some of them during its start. After each restart and at the end: what was accepted is there, what was acknowledged
 * stays gone, what is held stays held, and nothing is in two places.
 *
 * CRASH_SEED repeats a run's choices (its seed is printed), CRASH_KILLS makes it longer. Moments cannot be repeated.
 */
import { type Info, nowMicros } from '@faktory-ts/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { buildServer, Child, removeServer } from './crash-child.ts';
import { Book, consume, produce, queues, seeded } from './crash-load.ts';
import { eventually, folder, greeted, kept, running } from './running.ts';
import { jidOf, WireClient } from './wire-client.ts';

const kills = Number(process.env.CRASH_KILLS ?? 40);
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);

beforeAll(buildServer, 60_000);
afterAll(removeServer);

test(`${kills} kills lose no accepted job and bring back no acknowledged one`, async () => {
  console.log(`crash test: CRASH_SEED=${seed}`);
  const [random, book, dir] = [seeded(seed), new Book(), folder()];
  let early = 0;
  for (let count = 0; count < kills; count++) {
    const child = new Child(dir);
    if (random() < 0.15) {
      early += 1;
      await new Promise((resolve) => setTimeout(resolve, random() * 250));
      await child.kill();
      continue;
    }
    await cycle(child, book, random);
    expect(book.wrong).toEqual([]);
  }
  const left = await drain(dir, book);
  console.log(
    `crash test: ${kills} kills (${early} during the start), ${book.accepted.size + book.acked.size + book.ending.size} jobs accepted, ` +
      `${book.handedOut} handed out, ${book.acked.size} acknowledged, ${book.failed} failed, ${left} left and found`,
  );
  expect(book.acked.size).toBeGreaterThan(kills);
}, 300_000);

/** One life of the server: count what it has, let the clients loose, kill it. */
async function cycle(child: Child, book: Book, random: () => number): Promise<void> {
  const port = await child.port();
  if (port === undefined) throw new Error('killed before it was meant to be');
  const observer = kept(await WireClient.hello(port));
  await observer.ask('MUTATE {"cmd":"requeue","target":"retries"}');
  expectAllThere(await observer.json<Info>('INFO'), book);
  const clients = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => WireClient.hello(port, `w${n}`)));
  const busy = clients.map((client, index) => (index < 2 ? produce : consume)(kept(client), book, random));
  await new Promise((resolve) => setTimeout(resolve, 30 + random() * 400));
  await child.kill();
  await Promise.all(busy);
  await observer.closed();
}

function expectAllThere({ faktory }: Info, book: Book): void {
  const { sets } = faktory;
  const there = faktory.total_enqueued + sets.scheduled + sets.retries + sets.dead + sets.working;
  const [least, most] = book.bounds;
  expect(there).toBeGreaterThanOrEqual(least);
  expect(there).toBeLessThanOrEqual(most);
  expect(sets.working).toBeGreaterThanOrEqual(book.held.size);
}

/** Takes out all that is left, two days later, when every reservation is over; says how many jobs that was. */
async function drain(dir: string, book: Book): Promise<number> {
  const server = await running({ dir, clock: () => nowMicros() + 2 * 86_400_000_000 });
  const client = await greeted(server, 'last');
  await eventually(async () => (await server.info()).faktory.sets.working === 0, 30_000);
  for (const target of ['retries', 'scheduled'])
    await client.ask(`MUTATE {"cmd":"requeue","target":"${target}"}`);
  const found = new Set<string>();
  for (let count = (await server.info()).faktory.total_enqueued; count > 0; count--) {
    const jid = jidOf(await client.ask(`FETCH ${queues.join(' ')}`));
    expect(found.has(jid), `${jid} is in two places`).toBe(false);
    expect(book.acked.has(jid), `${jid} is back after its ACK`).toBe(false);
    found.add(jid);
    await client.ask(`ACK {"jid":"${jid}"}`);
  }
  expect(
    [...book.accepted].filter((jid) => !found.has(jid)),
    'accepted jobs that are missing',
  ).toEqual([]);
  const known = (jid: string): boolean =>
    book.accepted.has(jid) || book.offered.has(jid) || book.ending.has(jid);
  expect(
    [...found].filter((jid) => !known(jid)),
    'jobs that were never pushed',
  ).toEqual([]);
  const { sets, total_enqueued } = (await server.info()).faktory;
  expect({ ...sets, total_enqueued }).toEqual({
    dead: 0,
    retries: 0,
    scheduled: 0,
    working: 0,
    total_enqueued: 0,
  });
  return found.size;
}

test('a folder whose server was killed is free, one whose server lives is refused by its pid', async () => {
  const dir = folder();
  const child = new Child(dir);
  await child.port();
  await expect(createServer({ dir }).start()).rejects.toMatchObject({
    code: 'LOCKED',
    message: expect.stringContaining(`process ${child.pid}`),
  });
  await child.kill();
  await (await greeted(await running({ dir }))).push('job-00001');
}, 30_000);
