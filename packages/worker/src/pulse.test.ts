import { expect, test } from 'vitest';
import { Pulse, PulseReader } from './pulse.ts';

/** Blocks the event loop. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('a blocked loop is visible to the other thread while it lasts, and reported in its own thread afterwards', async () => {
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
  // the delay that the own thread saw counts once more
  expect(reader.takeLag()).toBeGreaterThanOrEqual(500);
  pulse.stop();
});

test('the longest delay is reported once', () => {
  const pulse = new Pulse(() => {});
  const reader = new PulseReader(pulse.memory);
  new Int32Array(pulse.memory.shared)[1] = 700;
  expect(reader.takeLag()).toBeGreaterThanOrEqual(700);
  expect(new Int32Array(pulse.memory.shared)[1]).toBe(0);
});
