/**
 * Tests that one signal or an endless timeout can be used by many calls without a warning of Node.
 */
import { Client } from '@faktory-ts/client';
import { createServer, type Server } from '@faktory-ts/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Worker } from '../src/index.ts';
import { infoWith } from './info-with.ts';

let server: Server;
let warnings: string[];
const keep = ({ message }: Error): void => void warnings.push(message);

beforeEach(() => {
  warnings = [];
  process.on('warning', keep);
});

afterEach(async () => {
  process.off('warning', keep);
  await server.stop();
});

/** Warnings are emitted one turn of the event loop later. */
async function warned(): Promise<string[]> {
  await new Promise(setImmediate);
  return warnings;
}

test.each([true, false])(
  'thirty clients, slots and calls can share a signal and wait for ever (extensions %s)',
  async (extensions) => {
    server = createServer({ sync: 'off', extensions });
    await server.start();
    const { signal } = new AbortController();
    const endless = { timeout: Number.POSITIVE_INFINITY };
    const clients = Array.from({ length: 30 }, () => new Client({ url: server.url, signal, ...endless }));
    const job = { jobtype: 'Run', args: [] };
    await Promise.all(clients.map((client) => client.push(job, { signal, ...endless })));
    const [client] = clients as [Client];
    await Promise.all(clients.map(() => client.push(job, { signal, ...endless })));
    const worker = new Worker({
      url: server.url,
      concurrency: 30,
      ...endless,
      shutdownTimeout: Number.POSITIVE_INFINITY,
      longestBlock: Number.POSITIVE_INFINITY,
      handlers: {
        Run: (context) => {
          for (let uses = 0; uses < 30; uses++) context.signal.addEventListener('abort', () => undefined);
        },
      },
    });
    await worker.start();
    await infoWith(client, ({ total_processed }) => total_processed === 60);
    await worker.stop();
    await Promise.all(clients.map((one) => one.close()));
    expect(await warned()).toEqual([]);
  },
);
