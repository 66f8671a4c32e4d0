/**
 * Takes the pictures of the README and the docs, from a server with jobs and workers:
 * `SCREENSHOTS=docs/images npx vitest run apps/server/test/web/pages.test.ts -t pictures`.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@faktory-ts/client';
import type { BrowserContextOptions } from 'playwright-core';
import { type Site, site, tab } from './browser.ts';
import { Wire } from './wire.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const minutes = 3; // of running time before the first picture

/** Takes all pictures into a folder of the repository. */
export async function takePictures(folder: string): Promise<void> {
  const into = resolve(root, folder);
  mkdirSync(into, { recursive: true });
  const at = await site();
  const stop = live(at);
  await pause(minutes * 60_000);
  const [failed] = await new Wire(at).jobs({ places: ['retries'], jobtypes: ['ChargeCard'] });
  for (const [name, path, options] of pictures(failed?.job.jid ?? '')) {
    const page = await tab(options);
    await page.goto(at.url + path);
    await page.locator('h1').first().waitFor({ state: 'attached' });
    await pause(path === '/' ? 20_000 : 3000); // the live charts start empty when the page opens
    await page.screenshot({ path: join(into, `${name}.png`) });
    await page.close();
  }
  await stop();
}

const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

function pictures(jid: string): [name: string, path: string, options: BrowserContextOptions][] {
  const wide = { viewport: { width: 1280, height: 800 } };
  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
  return [
    ['overview', '/', { ...wide, colorScheme: 'light' }],
    ['overview-dark', '/', { ...wide, colorScheme: 'dark' }],
    ['jobs-dark', '/jobs?places=retries', { ...wide, colorScheme: 'dark' }],
    ['job', `/jobs/${jid}`, { ...wide, colorScheme: 'light' }],
    ['queue', '/queues/payments', { ...wide, colorScheme: 'light' }],
    ['errors', '/errors', { ...wide, colorScheme: 'light' }],
    ['workers-dark', '/workers', { ...wide, colorScheme: 'dark' }],
    ['overview-arabic', '/', { ...wide, colorScheme: 'light', locale: 'ar' }],
    ['jobs-phone', '/jobs', { ...phone, colorScheme: 'dark' }],
  ];
}

/** Pushes jobs and starts workers like those of a small shop. */
function live(at: Site): () => Promise<void> {
  const url = `tcp://127.0.0.1:${at.port}`;
  const client = new Client({ url });
  const types = ['SendEmail', 'ResizeImage', 'ChargeCard', 'ImportFeed', 'SyncContact'];
  const queues = ['default', 'images', 'payments', 'feeds', 'default'];
  let count = 0;
  let running = true;
  const push = async (): Promise<void> => {
    for (; running; count++) {
      const kind = count % types.length;
      const more = count % 40 === 0 ? { at: new Date(Date.now() + 3_600_000) } : {};
      const args = [
        count,
        { user: { id: 1000 + (count % 97), email: `user${count % 97}@example.com` }, tags: ['spring', 'eu'] },
      ];
      const job = {
        jobtype: types[kind] ?? '',
        args,
        queue: queues[kind] ?? '',
        priority: (count % 9) + 1,
        backtrace: 10,
      };
      await client.push({ ...job, ...more, ...(count % 31 === 0 && { retry: 0 }) });
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  };
  const work = async (host: string, pid: number, speed: number, queues: string): Promise<void> => {
    const wid = `worker-${host}-${pid}`;
    const wire = new Wire(at, wid, '', { hostname: host, pid });
    for (let done = 0; running; done++) {
      await wire.ask(`BEAT ${JSON.stringify({ wid, rss_kb: 61_000 + done, lag_ms: 2 })}`);
      const text = await wire.ask(`FETCH ${queues}`);
      if (text === '') continue;
      const { jid, args } = JSON.parse(text) as { jid: string; args: [number] };
      await new Promise((resolve) => setTimeout(resolve, speed));
      const bad = args[0] % 11 === 3;
      const failure = {
        jid,
        errtype: args[0] % 2 === 0 ? 'ConnectionError' : 'CardDeclined',
        message:
          args[0] % 2 === 0
            ? `no answer from 10.0.0.${args[0] % 9}:5432 after 5000 ms`
            : `order ${args[0]} was declined by the bank`,
        backtrace: [
          'app/payments/charge.ts:41:13',
          'app/payments/bank.ts:118:9',
          'node:internal/process/task_queues:95:5',
        ],
      };
      await wire.ask(bad ? `FAIL ${JSON.stringify(failure)}` : `ACK ${JSON.stringify({ jid })}`);
    }
  };
  const all = [
    push(),
    work('mail-1', 2107, 180, 'payments default images'),
    work('mail-2', 1984, 240, 'payments default images'),
    work('images-1', 733, 320, 'images payments default'),
    work('images-1', 734, 4000, 'images default'),
    work('feeds-1', 412, 15_000, 'feeds'),
    work('feeds-1', 413, 21_000, 'feeds'),
  ];
  return async () => {
    running = false;
    await Promise.all(all);
    await client.close();
  };
}
