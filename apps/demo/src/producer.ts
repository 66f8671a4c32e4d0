/**
 * The demo's producer: pushes one job a second, in a round that shows what jobs can be. While the
 * server is away it prints that and continues.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, PushJob } from '@faktory-ts/client';
import type { DemoJobs } from './jobs.ts';

/**
 * The next job of the round. `reserve_for` is a minute, so that the jobs of a killed demo are soon
 * retried.
 */
function nextJob(count: number): PushJob<DemoJobs> {
  const round: PushJob<DemoJobs>[] = [
    { jobtype: 'SendEmail', args: [`user${count}@example.com`, count] },
    { jobtype: 'ResizeImage', args: [`photo${count}.png`, 640], queue: 'images' },
    { jobtype: 'SendEmail', args: ['boss@example.com', count], priority: 9 },
    { jobtype: 'ChargeCard', args: [count], queue: 'payments', retry: 5, backtrace: 5 },
    { jobtype: 'DailyReport', args: [new Date().toISOString().slice(0, 10)], in: 10_000, priority: 1 },
    { jobtype: 'ResizeImage', args: [`photo${count}.png`, 1280], queue: 'images', priority: 2 },
    { jobtype: 'SendEmail', args: [`user${count}@example.com`, count] },
    { jobtype: 'ImportFeed', args: [`feed${count}.example.com`], retry: count % 16 < 8 ? 1 : -1 },
  ];
  return { ...(round[count % round.length] as PushJob<DemoJobs>), reserve_for: 60 };
}

/** Pushes until the signal is aborted. */
export async function produce(client: Client<DemoJobs>, signal: AbortSignal): Promise<void> {
  for (let count = 0; !signal.aborted; count++) {
    try {
      await client.push(nextJob(count), { signal });
    } catch (error) {
      if (!signal.aborted)
        console.error(`  demo  not pushed: ${error instanceof Error ? error.message : error}`);
    }
    await sleep(1000, undefined, { signal }).catch(() => undefined);
  }
}
