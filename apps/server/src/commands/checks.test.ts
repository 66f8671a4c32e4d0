import { expect, test, vi } from 'vitest';

vi.mock('@faktory-ts/server', async (original) => ({
  ...(await original<typeof import('@faktory-ts/server')>()),
  sqliteVersion: () => {
    throw new Error('no SQLite for Node 20.19.0');
  },
}));

test('a Node without SQLite is a finding of its own, with what to install', async () => {
  const { sqlite } = await import('./checks.ts');
  expect(sqlite()).toMatchObject({
    level: 'wrong',
    what: 'sqlite',
    told: 'no SQLite for Node 20.19.0',
    advice: expect.stringMatching(/Node 22\.16 or later/),
  });
});
