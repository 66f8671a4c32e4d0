import type { Connection } from '@faktory-ts/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Heart } from './heart.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('however short the lease that a server offers, a worker beats every 500 ms at most', async () => {
  let beats = 0;
  const connection = {
    call: async () => {
      beats += 1;
      return { kind: 'simple', text: 'OK' };
    },
    close: async () => undefined,
  } as unknown as Connection;
  const events = { signal: () => undefined, beaten: () => undefined, trouble: () => undefined };
  const told = { wid: 'w', slots: 1, interval: 5000, state: () => 'running' as const, lag: () => undefined };
  const heart = new Heart({ connection, ...told, alive: () => true, events });
  await heart.start();
  heart.pace(0.3);
  beats = 0;
  await vi.advanceTimersByTimeAsync(2000);
  expect(beats).toBe(4);
  await heart.stop();
});
