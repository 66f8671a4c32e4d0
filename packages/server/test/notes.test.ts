/**
 * Refusals that are kept for a named producer are bounded in bytes: it gets them in parts, and nothing is lost or doubled.
 */
import { expect, test } from 'vitest';
import { greeted, running } from './running.ts';

const MEGABYTE = 1024 * 1024;

/** A PUSHB that a full queue refuses: half a megabyte of reasons. */
const bulk = (line: number): string => {
  const jobs = Array.from({ length: 2500 }, (_, n) => ({
    jid: `${line}-${n}-`.padEnd(150, 'x'),
    jobtype: 'T',
    args: [],
  }));
  return `PUSHB ${JSON.stringify(jobs)}`;
};

interface Offer {
  pushed: number;
  refused?: Record<string, Record<string, string>>;
}

test('a producer with over a megabyte of refusals that it may know is cut off uncounted, and goes on once it says what it knows', async () => {
  const server = await running({ maxQueueLength: 1 });
  let client = await greeted(server);
  await client.push('fills-it1');
  await client.ask('EXT {"v":1,"producer":"shop"}');
  let [sent, connections, largest] = [0, 0, 0];
  for (let line = 1; line <= 7; ) {
    const said = await client.ask(bulk(line));
    if (said.startsWith('$ {')) {
      expect(Object.keys(JSON.parse(said.slice(2)))).toHaveLength(2500);
      sent = line++;
      continue;
    }
    expect(said).toMatch(/^-ERR shutdown in progress: this producer has over 1048576 bytes of refusals/);
    expect(await client.line()).toBe('(closed)');
    client = await greeted(server);
    connections += 1;
    const knowing = await client.ask(`EXT {"v":1,"producer":"shop","answered":${sent - 1}}`);
    largest = Math.max(largest, knowing.length);
    const { pushed, refused } = JSON.parse(knowing.slice(2)) as Offer;
    expect(pushed).toBe(sent);
    expect(Object.keys(refused ?? {})).toEqual([`${sent}`]);
  }
  expect(connections).toBeGreaterThan(1);
  expect(largest).toBeLessThan(MEGABYTE);
});

test('lines that were sent behind one that was cut off are not counted in its place', async () => {
  const server = await running({ maxQueueLength: 1 });
  const client = await greeted(server);
  await client.push('fills-it1');
  await client.ask('EXT {"v":1,"producer":"shop"}');
  const lines = [1, 2, 3, 4].map(bulk);
  client.raw(
    `${[...lines, 'PUSH {"jid":"later-001","jobtype":"T","args":[],"queue":"other"}'].join('\r\n')}\r\n`,
  );
  await client.closed();
  const again = await greeted(server);
  const { pushed, refused = {} } = await again.json<Offer>('EXT {"v":1,"producer":"shop"}');
  expect(pushed).toBeLessThan(4);
  expect(Object.keys(refused)).toEqual(Array.from({ length: pushed }, (_, n) => `${n + 1}`));
  expect(await again.json('INFO')).toMatchObject({ faktory: { total_enqueued: 1 } });
});

test('what EXT answers has at most some megabytes, whatever lines a producer sent', async () => {
  const server = await running();
  let client = await greeted(server);
  let answered = 0;
  for (let line = 0; line < 4; line++) {
    await client.ask('EXT {"v":1,"producer":"shop"}');
    client.raw(`PUSHB [{"jid":"${'x'.repeat(7_500_000)}","jobtype":"","args":[]}]\r\n`);
    if ((await client.line()).startsWith('-ERR 1 of 1 jobs are refused')) answered += 1;
    client = await greeted(server);
  }
  expect(answered).toBe(4);
  expect((await client.ask('EXT {"v":1,"producer":"shop"}')).length).toBeLessThan(3 * MEGABYTE);
});

test.each([
  [
    'a jid',
    `PUSH {"jid":"${'x'.repeat(1001)}","jobtype":"T","args":[]}`,
    'a jid of 1001 characters: the most is 1000',
  ],
  [
    'a jobtype',
    `PUSH {"jid":"long-0001","jobtype":"${'x'.repeat(1001)}","args":[]}`,
    'a jobtype of 1001 characters: the most is 1000',
  ],
  [
    'a queue',
    `PUSH {"jid":"long-0001","jobtype":"T","args":[],"queue":"${'x'.repeat(256)}"}`,
    '256 characters: the most is 255',
  ],
])('%s that is longer than its limit is refused with its length', async (_, line, reason) => {
  const client = await greeted(await running());
  expect(await client.ask(line)).toContain(reason);
});
