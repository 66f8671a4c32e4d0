import { nowMicros } from '@faktory-ts/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { Clocks, NOTICED } from './clocks.ts';

afterEach(() => vi.restoreAllMocks());

function makeClocks() {
  const time = { wall: 1_000_000_000, steady: 5 };
  const clocks = new Clocks(
    () => time.wall,
    () => time.steady,
  );
  const steps: number[] = [];
  clocks.onStep((by) => steps.push(by));
  const pass = (micros: number): void => {
    time.wall += micros;
    time.steady += micros;
  };
  return { time, clocks, steps, pass };
}

test('time that passes is no step, however long nobody looks', () => {
  const { clocks, steps, pass } = makeClocks();
  for (const micros of [1, 1_000_000, 86_400_000_000]) {
    pass(micros);
    expect(clocks.now()).toBe(clocks.steady() - 5 + 1_000_000_000);
  }
  expect(steps).toEqual([]);
});

test('a step is told at the first look, once, before its new time is given', () => {
  const { time, clocks, steps, pass } = makeClocks();
  let told = -1;
  clocks.onStep(() => {
    told = time.wall;
  });
  pass(1000);
  time.wall += 90_000_000;
  expect(clocks.now()).toBe(told);
  clocks.now();
  time.wall -= 3_600_000_000;
  clocks.now();
  expect(steps).toEqual([90_000_000, -3_600_000_000]);
});

test('small corrections are left alone, also when they add up', () => {
  const { time, clocks, steps } = makeClocks();
  for (let count = 0; count < 10; count++) {
    time.wall += NOTICED;
    clocks.now();
  }
  expect(steps).toEqual([]);
});

test.each([90_000, -3_600_000])(
  "the machine's clock that is set by %i ms is noticed, within a millisecond",
  (by) => {
    const clocks = new Clocks(nowMicros);
    const steps: number[] = [];
    clocks.onStep((step) => steps.push(step));
    const real = Date.now;
    clocks.now();
    vi.spyOn(Date, 'now').mockImplementation(() => real.call(Date) + by);
    for (let look = 0; look < 3; look++) clocks.now();
    expect(steps).toEqual([expect.closeTo(by * 1000, -4)]);
    vi.restoreAllMocks();
    clocks.now();
    expect(steps).toEqual([expect.closeTo(by * 1000, -4), expect.closeTo(-by * 1000, -4)]);
  },
);
