import { setMaxListeners } from 'node:events';
import { expect, test } from 'vitest';
import { SharedRun } from '../shared-run.ts';
import { Turns } from './turns.ts';

const here = new AbortController().signal;
setMaxListeners(0, here); // each request has a signal of its own, but for these tests
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Takes turns; gives the ends of those that began. */
async function taken(turns: Turns, name: string, count: number, costly = false) {
  const ends: (() => void)[] = [];
  for (let one = 0; one < count; one++)
    void turns.take(name, costly, here).then((end) => end && ends.push(end));
  await settled();
  return ends;
}

test('a caller has eight requests at once, three of them costly; the others wait, and other callers do not', async () => {
  const turns = new Turns();
  const costly = await taken(turns, 'a', 50, true);
  expect(costly).toHaveLength(3);
  const cheap = await taken(turns, 'a', 20);
  expect(cheap).toHaveLength(5);
  expect(await taken(turns, 'b', 1, true)).toHaveLength(1);
  cheap[0]?.();
  costly[0]?.();
  await settled();
  expect([costly.length, cheap.length]).toEqual([4, 6]);
});

test('a hundred requests of a caller wait; one more is refused, and those whose client has left make room', async () => {
  const turns = new Turns();
  const running = await taken(turns, 'a', 8);
  const left = new AbortController();
  setMaxListeners(0, left.signal);
  const waiting = Array.from({ length: 100 }, () => turns.take('a', false, left.signal));
  expect(() => turns.take('a', false, here)).toThrow(expect.objectContaining({ code: 'LIMIT' }));
  left.abort();
  expect(await Promise.all(waiting)).toEqual(Array(100).fill(undefined));
  for (const end of running) end();
  expect(turns.size).toBe(0);
});

test('an answer for all is made once for those that ask meanwhile, begun after each of their questions', async () => {
  let made = 0;
  const run = new SharedRun(async () => ++made);
  const first = run.get();
  await settled();
  const others = Array.from({ length: 20 }, () => run.get());
  expect([await first, ...(await Promise.all(others))]).toEqual([1, ...Array(20).fill(2)]);
  const failing = new SharedRun(() => Promise.reject(new Error('no')));
  await expect(failing.get()).rejects.toThrow('no');
  await expect(failing.get()).rejects.toThrow('no');
});
