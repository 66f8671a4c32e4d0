import { expect, test } from 'vitest';
import { Flow } from './flow.ts';

/** A flow that has seen jobs of this length, and that there are more. */
function warm(concurrency: number, most: number, ms: number): Flow {
  const flow = new Flow(concurrency, most);
  for (let runs = 0; runs < 500; runs++) flow.ran(ms);
  flow.fetched(true);
  return flow;
}

test('before any job has run, no more is asked for than the free slots take', () => {
  expect(new Flow(10, 1000).wanted(0, 0, 2, 0)).toBe(10);
  expect(new Flow(10, 1000).wanted(4, 0, 2, 0)).toBe(6);
  expect(new Flow(10, 1000).wanted(10, 0, 2, 0)).toBe(0);
});

test.each([
  [0.001, 1000], // as short as can be: all that is allowed
  [1, 200], // 20 ms of work for 10 slots
  [20, 10],
  [1000, 0], // long jobs wait on the server, where others can have them
])('with jobs of %d ms, %d may wait for 10 slots', (ms, ahead) => {
  expect(warm(10, 1000, ms).ahead).toBe(ahead);
});

test('fetchAhead is the most, 0 is none', () => {
  expect(warm(10, 50, 0.01).ahead).toBe(50);
  expect(warm(10, 0, 0.01).ahead).toBe(0);
});

test('half of the room is asked for at a time, the other half while that is on its way', () => {
  const flow = warm(10, 990, 0.01);
  expect(flow.wanted(0, 0, 2, 0)).toBe(500);
  expect(flow.wanted(500, 0, 2, 1)).toBe(500);
  expect(flow.wanted(1000, 0, 2, 1)).toBe(0);
  expect(flow.wanted(500, 0, 2, 2)).toBe(0);
});

test('a second ask waits for proof that there is more', () => {
  const flow = warm(10, 990, 0.01);
  flow.fetched(false);
  expect(flow.wanted(500, 0, 2, 1)).toBe(0);
});

test('while jobs wait here, a few free places are not worth an ask', () => {
  const flow = warm(10, 990, 0.01);
  expect(flow.wanted(900, 800, 2, 0)).toBe(0);
  expect(flow.wanted(900, 0, 2, 0)).toBe(100);
  expect(flow.wanted(700, 600, 2, 0)).toBe(300);
});

test('jobs that had to be given back end the fetching ahead', () => {
  const flow = warm(10, 1000, 0.01);
  flow.tooFarAhead();
  expect(flow.ahead).toBe(0);
  flow.ran(5000);
  expect(flow.ahead).toBe(0);
});
