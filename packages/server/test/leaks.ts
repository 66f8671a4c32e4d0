/**
 * What a test must not leave behind, and the patient look that makes sure: sockets close a moment after they were told.
 */
import { expect } from 'vitest';

/** Polls until the condition gives something true; fails with what it gave last. */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  deadline = 15_000,
): Promise<NonNullable<T>> {
  const until = performance.now() + deadline;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > until)
      throw new Error(`still ${String(value)} after ${deadline} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Asserts that this process has no socket and no listener open. */
export async function expectNoSockets(): Promise<void> {
  const open = (): string[] => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'));
  await eventually(() => open().length === 0).catch(() => undefined);
  expect(open(), 'sockets left open by the test').toEqual([]);
}
