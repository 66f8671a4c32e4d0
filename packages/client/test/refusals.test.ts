/**
 * Tests more refusals of a named producer than the server keeps: the client is cut off, connects
 * again and loses none.
 */
import { createServer } from '@faktory-ts/server';
import { expect, test } from 'vitest';
import { Client } from '../src/index.ts';

test('a client with more refusals than the server keeps gets each of them, and no job is stored twice', async () => {
  const server = createServer({ maxQueueLength: 1, maxBulkJobs: 500 });
  await server.start();
  const client = new Client({ url: server.url });
  const queue = 'q'.repeat(250); // each reason contains it
  await client.push({ jobtype: 'T', args: [], queue });
  const bulks = Array.from({ length: 12 }, (_, bulk) =>
    client.pushBulk([
      ...Array.from({ length: 499 }, () => ({ jobtype: 'T', args: [], queue })),
      { jobtype: 'T', args: [bulk], queue: `good-${bulk}` },
    ]),
  );
  const results = (await Promise.all(bulks)).flat();
  const good = results.filter((result) => !('error' in result) || result.error === undefined);
  expect(results).toHaveLength(6000);
  expect(good).toHaveLength(12);
  const { faktory, server: figures } = await client.info();
  expect(faktory.total_enqueued).toBe(13);
  expect(Number(figures.command_count)).toBeGreaterThan(15); // it was cut off, so lines were sent again
  await client.close();
  await server.stop();
});
