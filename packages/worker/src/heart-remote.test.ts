import type { FaktoryError } from '@faktory-ts/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeServer } from '../../client/test/fake-server.ts';
import { eventually } from '../../server/test/leaks.ts';
import { type AnyHeart, type HeartData, makeHeart } from './heart-remote.ts';
import { silent } from './log.ts';
import { Pulse } from './pulse.ts';

let server: FakeServer;
let heart: AnyHeart | undefined;
const said: string[] = [];

beforeEach(async () => {
  server = await FakeServer.start();
  said.length = 0;
});

afterEach(async () => {
  await heart?.stop();
  heart = undefined;
  await server.stop();
});

const events = {
  up: () => said.push('up'),
  down: (error: FaktoryError) => said.push(error.code),
  signal: (signal: string) => said.push(signal),
  beaten: () => said.push('beaten'),
  trouble: (message: string) => said.push(message),
};

function make(change: Partial<HeartData> = {}, tls?: HeartData['connection']['tls']): AnyHeart {
  const addresses = [{ host: '127.0.0.1', port: server.port, tls: false }];
  const connection = { addresses, hello: { wid: 'w1' }, tls };
  const memory = new Pulse(() => {}).memory;
  const about = { wid: 'w1', slots: 1, interval: 10, longestBlock: 60_000 };
  const data = { connection, ...about, pulse: memory, ...change };
  const log = { ...silent, warn: (message: string) => said.push(message) };
  heart = makeHeart(data, () => 'running', events, log);
  return heart;
}

const beats = (): number => server.lines.filter((line) => line.startsWith('BEAT ')).length;

test('the heart registers the worker, beats in its own thread, and says END', async () => {
  await make().start();
  await server.line('BEAT', 3);
  expect(said.slice(0, 2)).toEqual(['up', 'beaten']);
  await heart?.stop();
  expect(server.lines.at(-1)).toBe('END');
});

test("the server's answer to a beat and the end of the connection are reported to the worker", async () => {
  server.script = () => '$17\r\n{"state":"quiet"}\r\n';
  await make().start();
  await server.line('BEAT', 2);
  expect(said).toContain('quiet');
  server.cut();
  await eventually(() => said.includes('CLOSED'), 15_000);
  const before = beats();
  await server.line('BEAT', before + 1);
});

test('a wrong password rejects the start', async () => {
  await server.stop();
  server = await FakeServer.start({ password: 'right' });
  await expect(make().start()).rejects.toMatchObject({ code: 'AUTH' });
});

test('the heart stops beating for a worker whose event loop is blocked for too long', async () => {
  const { memory } = new Pulse(() => {});
  const still = { ...memory, base: memory.base - 10_000 }; // its last mark is ten seconds old
  await make({ pulse: still, longestBlock: 1000 }).start();
  await eventually(() => said.some((text) => text.includes('no more beats')), 15_000);
  expect(beats()).toBe(1); // the beat that registered it
});

test('a faster pace is used from the next beat on', async () => {
  await make({ interval: 1_000_000 }).start();
  heart?.pace(10);
  await server.line('BEAT', 3);
});

test('with options that cannot be copied to a thread the heart beats in this thread, and that is logged', async () => {
  await make({}, { checkServerIdentity: () => undefined }).start();
  await server.line('BEAT', 3);
  expect(said[0]).toMatch(/^the heart beats without a thread of its own: /);
});

test('a stop while it waits for a server ends the start', async () => {
  await server.stop();
  const ended = expect(make().start()).rejects.toMatchObject({ code: 'ABORTED' });
  await heart?.stop();
  await ended;
});
