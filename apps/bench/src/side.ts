/**
 * The measured calls of a job library, ours or another: the same calls for each, with empty jobs.
 */
import { seconds } from './figures.ts';

/** One library on one server. */
export interface Side {
  push(): Promise<unknown>;
  bulk(count: number): Promise<unknown>;
  /** Starts a worker that calls `hit` for each job. Returns the function that stops it. */
  work(concurrency: number, hit: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Jobs a second. */
export interface Rates {
  drain: number;
  push: number;
  bulk: number;
  serial: number;
}

const drained = 30_000;
const concurrency = 30;
const pushed = 15_000;
const perBulk = 1000;
const bulks = 30;
const pushedSerially = 1500;

/** Measures a library; everything runs once before as a warm-up. */
export async function rates(side: Side): Promise<Rates> {
  await inParallel(1000, () => side.push());
  await side.bulk(perBulk);
  await drain(side, perBulk + 1000);
  for (let count = 0; count < drained; count += perBulk) await side.bulk(perBulk);
  const drainTime = await drain(side, drained);
  const pushTime = await seconds(() => inParallel(pushed, () => side.push()));
  const bulkTime = await seconds(() => inParallel(bulks, () => side.bulk(perBulk), 1));
  const serialTime = await seconds(() => inParallel(pushedSerially, () => side.push(), 1));
  await drain(side, pushed + bulks * perBulk + pushedSerially);
  return {
    drain: drained / drainTime,
    push: pushed / pushTime,
    bulk: (bulks * perBulk) / bulkTime,
    serial: pushedSerially / serialTime,
  };
}

/** Seconds from the first job to the last, without the worker's start. */
async function drain(side: Side, count: number): Promise<number> {
  let left = count;
  let first = 0;
  let finish = (_last: number): void => {};
  const done = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const stop = await side.work(concurrency, () => {
    if (left === count) first = performance.now();
    if (--left === 0) finish(performance.now());
  });
  const last = await done;
  await stop();
  return (last - first) / 1000;
}

async function inParallel(count: number, act: () => Promise<unknown>, width = concurrency): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await act();
  };
  await Promise.all(Array.from({ length: width }, lane));
}
