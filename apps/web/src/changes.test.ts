/**
 * Changes of many jobs, against a fake server that records the requests.
 *
 * @vitest-environment happy-dom
 */
import { afterEach, expect, test, vi } from 'vitest';
import { changeJobs } from './changes.ts';

afterEach(() => vi.unstubAllGlobals());

test('more selected jobs than the server accepts at once are changed in parts with one undo id', async () => {
  const asked: { jids: string[]; queues?: string[]; undo: string }[] = [];
  vi.stubGlobal('fetch', (_: string, { body }: { body: string }) => {
    asked.push(JSON.parse(body));
    return Promise.resolve(Response.json({ changed: asked.at(-1)?.jids.length, scanned: 1, total: 1 }));
  });
  const jids = Array.from({ length: 2500 }, (_, n) => `job-${n}`);
  const reported: number[] = [];
  const { jobs, undo } = await changeJobs(
    { places: ['dead'], queues: ['mail'], jids },
    { action: 'kill' },
    ({ jobs }) => reported.push(jobs),
  );
  expect(jobs).toBe(2500);
  expect(asked.flatMap((each) => each.jids)).toEqual(jids);
  expect(asked.map((each) => each.jids.length)).toEqual([1000, 1000, 500]);
  expect(new Set(asked.map((each) => each.undo))).toEqual(new Set([undo]));
  expect(asked.every((each) => each.queues?.join() === 'mail')).toBe(true);
  expect(reported).toEqual([1000, 2000, 2500]);
});
