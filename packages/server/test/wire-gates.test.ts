/**
 * Gates over a real socket, with a feature of the test's own: classic and leased workers share them, and a FETCH that waits
 * is answered when a gate opens, at once or at its time.
 */
import { expect, test } from 'vitest';
import type { Gate } from '../src/engine/engine.ts';
import type { Feature } from '../src/jobs/feature.ts';
import { folder, greeted, park, runningWith, TestClock } from './running.ts';
import { jidOf, type WireClient } from './wire-client.ts';

const SECOND = 1_000_000;

const limits: Feature = {
  name: 'limits',
  options: [],
  gates(queue, wid): readonly Gate[] | undefined {
    switch (queue) {
      case 'two':
        return [{ gate: 'slots', key: 'limits:two', limit: 2, span: 300 * SECOND }];
      case 'short':
        return [{ gate: 'slots', key: 'limits:short', limit: 1, span: 5 * SECOND }];
      case 'each':
        return [{ gate: 'slots', key: `limits:each:${wid}`, limit: 1, span: 300 * SECOND }];
      case 'slow':
        return [{ gate: 'rate', key: 'limits:slow', per: 10 * SECOND, burst: 1 }];
      default:
        return undefined;
    }
  },
};

async function started(dir = folder()) {
  const clock = new TestClock();
  const server = await runningWith([limits], { dir, clock: clock.now });
  const producer = await greeted(server);
  const push = async (queue: string, ...jids: string[]): Promise<void> => {
    for (const jid of jids) await producer.push(jid, { queue });
  };
  return { clock, server, producer, push, dir };
}

async function leased(server: Parameters<typeof greeted>[0], wid: string): Promise<WireClient> {
  const client = await greeted(server, wid);
  await client.json('EXT {"v":1,"lease":true}');
  return client;
}

const bulk = async (client: WireClient, line: string): Promise<string[]> => {
  const reply = await client.ask(line);
  if (reply === '(nil)') return [];
  return (JSON.parse(reply.slice(2)) as { job: { jid: string } }[]).map(({ job }) => job.jid);
};

const ack = (client: WireClient, jid: string): Promise<string> => client.ask(`ACK {"jid":"${jid}"}`);

test('a classic and a leased worker share the slots of a queue; FETCHB takes the free ones, and an ACK opens the gate', async () => {
  const { server, producer, push } = await started();
  const [classic, modern] = [await greeted(server, 'classic'), await leased(server, 'modern')];
  expect(await producer.json('EXT {"v":1}')).toMatchObject({ features: ['limits'] });
  await push('two', 'two-00001', 'two-00002', 'two-00003', 'two-00004');
  expect(await classic.fetch('two')).toBe('two-00001');
  expect(await bulk(modern, 'FETCHB 10 two')).toEqual(['two-00002']);
  await park(producer, [classic], 'two');
  expect(await ack(modern, 'two-00002')).toBe('+OK');
  expect(jidOf(await classic.line())).toBe('two-00003');
  modern.send('FETCHB 10 two');
  await producer.json('INFO');
  expect(await ack(producer, 'two-00003')).toBe('+OK');
  expect(JSON.parse((await modern.line()).slice(2))).toMatchObject([{ job: { jid: 'two-00004' } }]);
});

test('a full queue is as an empty one: the FETCH takes from its next queue', async () => {
  const { server, push } = await started();
  const worker = await greeted(server, 'w1');
  await push('short', 'short-001', 'short-002');
  await push('plain', 'plain-001');
  expect([await worker.fetch('short', 'plain'), await worker.fetch('short', 'plain')]).toEqual([
    'short-001',
    'plain-001',
  ]);
});

test('a wake-up passes a worker whose own gate is closed, and goes to the next one', async () => {
  const { server, producer, push } = await started();
  const [first, second] = [await greeted(server, 'w1'), await greeted(server, 'w2')];
  await push('each', 'each-0001');
  expect(await first.fetch('each')).toBe('each-0001');
  await park(producer, [first, second], 'each other');
  await push('each', 'each-0002');
  expect(jidOf(await second.line())).toBe('each-0002');
  await push('other', 'other-001');
  expect(jidOf(await first.line())).toBe('other-001');
});

test('a FETCH that waits is answered when the span of a slot is over; the late ACK frees no slot of the next job', async () => {
  const { clock, server, producer, push } = await started();
  const [first, second] = [await greeted(server, 'w1'), await greeted(server, 'w2')];
  await push('short', 'short-001', 'short-002', 'short-003');
  expect(await first.fetch('short')).toBe('short-001');
  await park(producer, [second], 'short');
  clock.move(5);
  expect(jidOf(await second.line())).toBe('short-002');
  expect(await ack(first, 'short-001')).toBe('+OK');
  await push('plain', 'plain-001');
  expect(await first.fetch('short', 'plain')).toBe('plain-001');
});

test('a FETCH that waits is answered when the rate allows the next job', async () => {
  const { clock, server, producer, push } = await started();
  const worker = await greeted(server, 'w1');
  await push('slow', 'slow-0001', 'slow-0002');
  expect(await worker.fetch('slow')).toBe('slow-0001');
  await park(producer, [worker], 'slow');
  clock.move(10);
  expect(jidOf(await worker.line())).toBe('slow-0002');
});

test('a worker that sends no BEAT for 60 s gives up its slots, a leased one with its lease', async () => {
  const { clock, server, producer, push } = await started();
  const [silent, modern, waiting] = [
    await greeted(server, 'silent'),
    await leased(server, 'modern'),
    await greeted(server, 'waiting'),
  ];
  await push('two', 'two-00001', 'two-00002', 'two-00003', 'two-00004');
  expect(await silent.fetch('two')).toBe('two-00001');
  expect(await bulk(modern, 'FETCHB 1 two')).toEqual(['two-00002']);
  await park(producer, [waiting], 'two');
  clock.move(15);
  expect(jidOf(await waiting.line())).toBe('two-00003');
  clock.move(40);
  for (const wid of ['waiting', 'modern']) expect(await producer.ask(`BEAT {"wid":"${wid}"}`)).toBe('+OK');
  await park(producer, [waiting], 'two');
  clock.move(5);
  expect(jidOf(await waiting.line())).toBe('two-00004');
});

test('slots survive a restart of the server', async () => {
  const { server, push, dir } = await started();
  const worker = await greeted(server, 'w1');
  await push('two', 'two-00001', 'two-00002', 'two-00003');
  await worker.fetch('two');
  await server.stop();
  const again = await started(dir);
  const next = await leased(again.server, 'w2');
  expect(await bulk(next, 'FETCHB 10 two')).toEqual(['two-00002']);
  await ack(next, 'two-00001');
  expect(await bulk(next, 'FETCHB 10 two')).toEqual(['two-00003']);
});
