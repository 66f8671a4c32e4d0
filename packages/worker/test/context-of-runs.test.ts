/** Tests that each run has its own async context, however handlers change it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { inlineClient, startTestServer } from '../src/testing/index.ts';

const store = new AsyncLocalStorage<unknown>();

test.each([true, false])(
  'a store that a handler sets with enterWith is not seen by the next job (catchUncaught %s)',
  async (catchUncaught) => {
    await using faktory = await startTestServer();
    const seen: unknown[] = [];
    const sync = (_context: unknown, n: unknown): void => {
      seen.push(store.getStore());
      store.enterWith(n);
    };
    const later = async (_context: unknown, n: unknown): Promise<void> => {
      seen.push(store.getStore());
      store.enterWith(n);
      await null;
      seen.push(store.getStore() === n ? undefined : 'lost');
      store.enterWith(`${String(n)} again`);
    };
    await faktory
      .client()
      .pushBulk(
        Array.from({ length: 40 }, (_, n) => ({ jobtype: n % 2 === 0 ? 'Sync' : 'Later', args: [n] })),
      );
    const worker = await faktory.worker({
      catchUncaught,
      concurrency: 3,
      handlers: { Sync: sync, Later: later },
    });
    await faktory.drain(worker);
    expect(seen).toEqual(Array.from({ length: 60 }, () => undefined));
  },
);

test('a store of a middleware reaches the handler of its own run only', async () => {
  await using faktory = await startTestServer();
  const seen: unknown[] = [];
  await faktory.client().pushBulk([1, 2, 3].map((n) => ({ jobtype: 'Run', args: [n] })));
  const worker = await faktory.worker({
    concurrency: 1,
    middleware: [
      ({ job }, next) => {
        seen.push(store.getStore());
        store.enterWith(job.args[0]);
        return next();
      },
    ],
    handlers: { Run: () => void seen.push(store.getStore()) },
  });
  await faktory.drain(worker);
  expect(seen).toEqual([undefined, 1, undefined, 2, undefined, 3]);
});

test('a handler in inline mode gets the store of the push and cannot change it for the caller', async () => {
  const seen: unknown[] = [];
  const client = inlineClient({
    Run: () => {
      seen.push(store.getStore());
      store.enterWith('of the handler');
    },
  });
  await store.run('of the push', async () => {
    await client.push({ jobtype: 'Run', args: [] });
    seen.push(store.getStore());
  });
  expect(seen).toEqual(['of the push', 'of the push']);
});
