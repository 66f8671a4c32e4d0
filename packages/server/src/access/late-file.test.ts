import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LateFile } from './late-file.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('many changes make one write a second, with the last state, and flush writes the rest', async () => {
  let state = 0;
  const written: number[] = [];
  const file = new LateFile(
    '',
    String,
    (error) => expect.unreachable(error.message),
    async () => void written.push(state),
  );
  const change = (): void => {
    state += 1;
    file.changed();
  };
  change();
  await vi.advanceTimersByTimeAsync(0);
  for (let at = 0; at < 50; at++) change();
  await vi.advanceTimersByTimeAsync(999);
  expect(written).toEqual([1]);
  await vi.advanceTimersByTimeAsync(1);
  expect(written).toEqual([1, 51]);
  change();
  await file.flush();
  expect(written).toEqual([1, 51, 52]);
  await file.flush();
  expect(written).toHaveLength(3);
});
