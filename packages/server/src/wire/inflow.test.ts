import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Inflow } from './inflow.ts';

const MUCH = 1024 * 1024;

function makeSocket() {
  const socket = {
    paused: false,
    reads: 0,
    pause: () => {
      socket.paused = true;
      return socket as never;
    },
    resume: () => {
      if (socket.paused) socket.reads += 1;
      socket.paused = false;
      return socket as never;
    },
    isPaused: () => socket.paused,
  };
  return { socket, inflow: new Inflow(socket) };
}

test('of many connections with long unfinished lines, four read in a round, in turn', async () => {
  const all = Array.from({ length: 60 }, makeSocket);
  const reads = () => all.reduce((sum, { socket }) => sum + socket.reads, 0);
  for (const { inflow } of all) inflow.adjust(MUCH, true);
  expect(all.every(({ socket }) => socket.paused)).toBe(true);
  for (let round = 1; round <= 60; round++) {
    const before = reads();
    await setImmediate();
    expect(reads() - before).toBeLessThanOrEqual(4);
    for (const { socket, inflow } of all) if (!socket.paused) inflow.adjust(MUCH, true);
  }
  const counts = all.map(({ socket }) => socket.reads);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  expect(Math.min(...counts)).toBeGreaterThan(0);
});

test('a connection that may not start its lines reads no more until they are few, also when its turn comes', async () => {
  const { socket, inflow } = makeSocket();
  inflow.adjust(MUCH, true);
  inflow.adjust(MUCH, false);
  for (let round = 0; round < 3; round++) await setImmediate();
  expect(socket.paused).toBe(true);
  inflow.adjust(100, false);
  expect(socket.paused).toBe(false);
});

test('a connection with short lines is never paused', () => {
  const { socket, inflow } = makeSocket();
  inflow.adjust(1000, true);
  inflow.adjust(1000, false);
  expect(socket.paused).toBe(false);
});
