/**
 * Tests the limits on the names of producers, and on the stored refusals of all of them.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder } from '../../../../test/running.ts';
import type { PushNote } from '../../producer.ts';
import { sqliteBackend } from '../backend.ts';
import { openDatabase } from './binding.ts';

const MEGABYTE = 1024 * 1024;
const HOUR = 3_600_000_000; // µs

const noteOf = (bytes: number): PushNote => ({
  of: 'line',
  refused: [{ jid: '', code: 'INVALID', reason: 'x'.repeat(bytes) }],
});

async function opened() {
  const time = { now: Date.UTC(2026, 5, 10) * 1000 };
  const dir = folder();
  const make = () =>
    sqliteBackend({ dir, sync: 'off', clock: () => time.now, steady: () => time.now }).engine;
  let engine = make();
  await engine.open();
  const restart = async (): Promise<void> => {
    await engine.close();
    engine = make();
    await engine.open();
  };
  /** Pushes a line of this producer with a note of this many bytes. */
  const refuse = (name: string, line: number, bytes: number): Promise<unknown> =>
    engine.push([], { producer: { name, keep: 24 * HOUR }, line, note: noteOf(bytes) });
  const pushed = (name: string, answered = 0) => engine.pushed({ name, keep: 24 * HOUR }, answered);
  /** Stores so many names that pushed last at this time, as if they had pushed one by one. */
  const fill = async (count: number, seenAt: number): Promise<void> => {
    await engine.close();
    const db = openDatabase(join(dir, 'faktory.db'));
    db.prepare(
      `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
       INSERT INTO producer (name, pushed, seen_at, keep) SELECT 'old-' || n, 7, ? + n, ? FROM n`,
    ).run(count, seenAt, 30 * 24 * HOUR);
    db.close();
    engine = make();
    await engine.open();
  };
  return { time, restart, refuse, pushed, fill, close: () => engine.close() };
}

const full = {
  code: 'STORAGE',
  message: expect.stringMatching(
    /^storage failed: the refusals .* all producers .* of at most 67108864; nothing /,
  ),
};

test('stored refusals of all producers are at most 64 MiB; a line beyond is refused and not counted, also after a restart', async () => {
  const { refuse, pushed, restart, close } = await opened();
  for (let name = 0; name < 64; name++) await refuse(`p${name}`, 1, MEGABYTE - 1000);
  for (let again = 0; again < 2; again++) {
    await expect(refuse('honest', 1, 200_000)).rejects.toMatchObject(full);
    expect((await pushed('honest')).pushed).toBe(0);
    await restart();
  }
  await refuse('honest', 1, 1000);
  expect([...(await pushed('honest')).notes.values()]).toEqual([noteOf(1000)]);
  await close();
});

test('a producer that confirms its replies frees room for all producers', async () => {
  const { refuse, pushed, close } = await opened();
  for (let name = 0; name < 64; name++) await refuse(`p${name}`, 1, MEGABYTE - 1000);
  await expect(refuse('honest', 1, MEGABYTE)).rejects.toMatchObject(full);
  await pushed('p7', 1);
  await refuse('honest', 1, MEGABYTE - 1000);
  await expect(refuse('other', 1, MEGABYTE)).rejects.toMatchObject(full);
  await close();
});

test('at half the limit, producers with refusals that were silent for an hour are deleted, and those that push stay', async () => {
  const { time, refuse, pushed, close } = await opened();
  for (let name = 0; name < 64; name++) await refuse(`p${name}`, 1, MEGABYTE - 1000);
  time.now += HOUR + 1;
  await refuse('p0', 2, 100);
  expect((await pushed('p0')).pushed).toBe(2);
  expect((await pushed('p1')).pushed).toBe(0);
  await refuse('honest', 1, MEGABYTE);
  await close();
});

test('at 100,000 names a new one takes the place of the 1,000 that are silent for longest', async () => {
  const { time, refuse, pushed, fill, close } = await opened();
  await fill(100_000, time.now - 2 * HOUR);
  await refuse('new', 1, 10);
  expect((await pushed('new')).pushed).toBe(1);
  const left = await Promise.all(['old-1', 'old-1000', 'old-1001'].map((name) => pushed(name)));
  expect(left.map((each) => each.pushed)).toEqual([0, 0, 7]);
  await close();
});

test('a new name beyond 100,000 that have pushed in the last hour is refused and not counted, and the others go on', async () => {
  const { time, refuse, pushed, fill, close } = await opened();
  await fill(100_000, time.now - HOUR / 2);
  await expect(refuse('new', 1, 10)).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringMatching(/^storage failed: .* at most 100000 producer names, .* nothing .* stored/),
  });
  expect((await pushed('new')).pushed).toBe(0);
  await refuse('old-5', 8, 10);
  expect((await pushed('old-5')).pushed).toBe(8);
  time.now += HOUR;
  await refuse('new', 1, 10);
  expect((await pushed('new')).pushed).toBe(1);
  await close();
});
