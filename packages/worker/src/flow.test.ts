import { expect, test } from 'vitest';
import { Flow } from './flow.ts';

/** A flow that has seen jobs of this length, and a full answer to its last fetch. */
function warm(concurrency: number, most: number, ms: number): Flow {
  const flow = new Flow(concurrency, most);
  for (let runs = 0; runs < 500; runs++) flow.ran(ms);
  flow.fetched(true);
  return flow;
}

test('before any job has run, only as many jobs as free slots are fetched', () => {
  expect(new Flow(10, 1000).wanted(0, 0, 2, 0)).toBe(10);
  expect(new Flow(10, 1000).wanted(4, 0, 2, 0)).toBe(6);
  expect(new Flow(10, 1000).wanted(10, 0, 2, 0)).toBe(0);
});

test.each([
  [0.001, 1000], // very short jobs: up to the limit
  [1, 200], // 20 ms of work for 10 slots
  [20, 10],
  [1000, 0], // long jobs wait on the server, where other workers can take them
])('with jobs of %d ms, %d may wait for 10 slots', (ms, ahead) => {
  expect(warm(10, 1000, ms).ahead).toBe(ahead);
});

test('fetchAhead limits the jobs fetched ahead; 0 disables it', () => {
  expect(warm(10, 50, 0.01).ahead).toBe(50);
  expect(warm(10, 0, 0.01).ahead).toBe(0);
});

test('half of the room is fetched at a time, the other half while the first is on its way', () => {
  const flow = warm(10, 990, 0.01);
  expect(flow.wanted(0, 0, 2, 0)).toBe(500);
  expect(flow.wanted(500, 0, 2, 1)).toBe(500);
  expect(flow.wanted(1000, 0, 2, 1)).toBe(0);
  expect(flow.wanted(500, 0, 2, 2)).toBe(0);
});

test('a second fetch starts only when the last one returned all jobs that it asked for', () => {
  const flow = warm(10, 990, 0.01);
  flow.fetched(false);
  expect(flow.wanted(500, 0, 2, 1)).toBe(0);
});

test('while jobs wait in the worker, a little free room starts no fetch', () => {
  const flow = warm(10, 990, 0.01);
  expect(flow.wanted(900, 800, 2, 0)).toBe(0);
  expect(flow.wanted(900, 0, 2, 0)).toBe(100);
  expect(flow.wanted(700, 600, 2, 0)).toBe(300);
});

test('jobs that had to be returned end the fetching ahead', () => {
  const flow = warm(10, 1000, 0.01);
  flow.tooFarAhead();
  expect(flow.ahead).toBe(0);
  flow.ran(5000);
  expect(flow.ahead).toBe(0);
});
