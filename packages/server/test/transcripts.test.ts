/**
 * Replies recorded from a running Faktory 1.10, replayed over a real socket: the judge of the wire. They run side by
 * side, each on a server of its own, because the recordings wait as long as the original did.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { expectNoSockets } from './leaks.ts';
import { difference, replay, textMatches } from './transcript.ts';

const folder = new URL('./transcripts/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe.concurrent('transcripts', () => {
  for (const file of files) {
    test(`${file} is answered as recorded`, async () => {
      const server = createServer();
      await server.start();
      try {
        const compared = await replay(readFileSync(new URL(file, folder), 'utf8'), server.port);
        expect(compared).toBeGreaterThan(3);
      } finally {
        await server.stop();
      }
    }, 60_000);
  }
});

test('all fourteen stories are there', () => {
  expect(files).toHaveLength(14);
});

afterAll(expectNoSockets);

const job = { jid: 'x', at: '<time>', n: '<n>', any: '<any>', list: [1, { a: null }] };
const good = { any: 'text', n: 1.5, jid: 'x', at: '2026-01-01T00:00:00Z', list: [1, { a: null }] };

test('the matcher takes what matches, in any order of keys', () => {
  expect(difference(job, good, false)).toBeUndefined();
});

const wrong: [string, unknown][] = [
  ['another text', { ...good, jid: 'y' }],
  ['a missing key', { jid: 'x' }],
  ['an extra key', { ...good, extra: 1 }],
  ['a time that is none', { ...good, at: '2026-01-01 00:00:00' }],
  ['a number as text', { ...good, n: '1' }],
  ['a number for any text', { ...good, any: 1 }],
  ['a longer list', { ...good, list: [1, { a: null }, 2] }],
  ['a deep extra key', { ...good, list: [1, { a: null, b: 1 }] }],
  ['null for an object', null],
  ['a list for an object', []],
];
test.each(wrong)('the matcher refuses %s', (_, actual) => {
  expect(difference(job, actual, false)).toBeDefined();
});

test('the matcher refuses extra keys in the queues of INFO, and allows them elsewhere', () => {
  const info = { faktory: { queues: { a: 1 } } };
  expect(difference(info, { now: 1, faktory: { queues: { a: 1 }, more: 1 } }, true)).toBeUndefined();
  expect(difference(info, { faktory: { queues: { a: 1, b: 0 } } }, true)).toBeDefined();
  expect(difference(info, { faktory: { queues: { a: 2 } } }, true)).toBeDefined();
});

test('the matcher refuses another reply line', () => {
  expect(
    textMatches(
      '-ERR invalid timestamp for \'at\': "x": <any>',
      '-ERR invalid timestamp for \'at\': "x": why',
    ),
  ).toBe(true);
  expect(textMatches('+OK', '-ERR no')).toBe(false);
  expect(textMatches('+OK', '+OKAY')).toBe(false);
  expect(textMatches('(nil)', '(closed)')).toBe(false);
  expect(textMatches('-ERR <any>', '+OK')).toBe(false);
});

test('the matcher refuses a story that goes on after its last line, and one with an unknown line', async () => {
  const server = createServer();
  await server.start();
  try {
    const opening = 'a connect\na< +HI {"v":2}\na> HELLO {"v":2}\n';
    await expect(replay(opening, server.port)).rejects.toThrow('one reply too many: +OK');
    await expect(replay(`${opening}a< -ERR no\n`, server.port)).rejects.toThrow('line 4');
    await expect(replay('a shouts\n', server.port)).rejects.toThrow('not a line');
  } finally {
    await server.stop();
  }
});
