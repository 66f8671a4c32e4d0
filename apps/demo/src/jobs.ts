/**
 * The demo's jobs and their handlers. The names are those of a real application, but the handlers
 * only wait and print.
 *
 * Note: some handlers fail on purpose, so that the demo shows retries and dead jobs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Handlers } from '@faktory-ts/worker';

/** Every jobtype with its arguments: what the producer may push and the worker must handle. */
export type DemoJobs = {
  SayHello: [name: string];
  SendEmail: [to: string, id: number];
  ResizeImage: [file: string, width: number];
  ChargeCard: [order: number];
  ImportFeed: [url: string];
  DailyReport: [day: string];
};

const say = (line: string): void => console.log(`  demo  ${line}`);

/** The handlers by jobtype. */
export const handlers: Handlers<DemoJobs> = {
  SayHello: (_context, name) => say(`SayHello: hello, ${name}`),
  SendEmail: async (_context, to, id) => {
    await sleep(20);
    say(`SendEmail ${id} to ${to}: sent`);
  },
  ResizeImage: async (_context, file, width) => {
    await sleep(300);
    say(`ResizeImage ${file} to ${width} px: done`);
  },
  ChargeCard: async (_context, order) => {
    await sleep(50);
    if (Math.random() < 0.5) throw new Error(`the bank does not answer about order ${order}`);
    say(`ChargeCard for order ${order}: paid`);
  },
  ImportFeed: (_context, url) => {
    throw new TypeError(`${url} is not a feed`);
  },
  DailyReport: (_context, day) => say(`DailyReport for ${day}: written, as scheduled`),
};
