/**
 * Measures an idle server: its share of a core with 50 waiting workers, and the time from a push
 * until a waiting worker has the job.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { commands } from '@faktory-ts/client';
import { newJid } from '@faktory-ts/protocol';
import { connect } from './bulk.ts';
import { syncsPerSecond } from './disk.ts';
import { line, median, time, title } from './figures.ts';
import { Stage } from './stage.ts';

const workers = 50;
const watched = 10_000; // ms
const pushes = 300;

/** Prints both. */
export async function quietTimes(): Promise<void> {
  title('An idle server, --sync full');
  const stage = await Stage.start('full');
  await parked(stage);
  await handOver(stage);
  await stage.stop();
}

async function parked(stage: Stage): Promise<void> {
  const stop = new AbortController();
  const parking = Array.from({ length: workers }, async (_, number) => {
    const hello = { hostname: 'bench', wid: `bench-${number}`, pid: process.pid, labels: [] };
    const connection = connect(stage.url, { hello });
    while (!stop.signal.aborted) await commands.fetch(connection, ['nothing', 'at', 'all'], stop.signal);
    await connection.close();
  });
  await sleep(2000);
  const before = stage.cpu();
  await sleep(watched);
  const after = stage.cpu();
  stop.abort();
  await Promise.allSettled(parking);
  if (before === undefined || after === undefined) line('processor time: only Linux tells it');
  else line(`${workers} parked workers: ${(((after - before) / watched) * 100_000).toFixed(1)} % of a core`);
}

async function handOver(stage: Stage): Promise<void> {
  const producer = connect(stage.url);
  const consumer = connect(stage.url);
  const took: number[] = [];
  for (let round = 0; round < pushes; round++) {
    const fetching = commands.fetch(consumer, ['hand-over']).then((job) => ({ job, at: performance.now() }));
    await sleep(5); // the fetch waits and the server is idle
    const pushed = performance.now();
    await commands.push(producer, { jid: newJid(), queue: 'hand-over', jobtype: 'SomeJob', args: [] });
    const { job, at } = await fetching;
    took.push((at - pushed) / 1000);
    if (job) await commands.ack(consumer, job.jid);
  }
  await Promise.all([producer.close(), consumer.close()]);
  line(
    `from push to a waiting worker's hands: ${time(median(took))} at the median (one sync is on the way; this disk takes ${time(1 / syncsPerSecond())} for one when busy)`,
  );
}
