import { expect, test } from 'vitest';
import { Pulse, PulseReader } from './pulse.ts';

/** Blocks the event loop: that is what is seen. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('a loop that stands still is seen from the other thread while it does, and told here when it is over', async () => {
  let tell = (_ms: number): void => {};
  const told = new Promise<number>((resolve) => {
    tell = (ms) => ms >= 500 && resolve(ms);
  });
  const pulse = new Pulse((ms) => tell(ms));
  const reader = new PulseReader(pulse.memory);
  pulse.start();
  block(1000);
  expect(reader.still).toBeGreaterThanOrEqual(500);
  expect(reader.takeLag()).toBeGreaterThanOrEqual(500);
  expect(await told).toBeGreaterThanOrEqual(500);
  expect(reader.takeLag()).toBeGreaterThanOrEqual(500); // what was seen inside counts once more
  pulse.stop();
});

test('the longest delay is told once', () => {
  const pulse = new Pulse(() => {});
  const reader = new PulseReader(pulse.memory);
  new Int32Array(pulse.memory.shared)[1] = 700;
  expect(reader.takeLag()).toBeGreaterThanOrEqual(700);
  expect(new Int32Array(pulse.memory.shared)[1]).toBe(0);
});
