/**
 * Compares our client, worker and server with BullMQ on Redis, in one run, alternating, best of
 * three rounds of each: drain with 30 at once, push with 30 concurrent calls, in bulk, and one call
 * at a time. Our server syncs every commit. Redis runs without persistence, and once with a sync
 * before each reply, as our server does.
 */
import { spawnSync } from 'node:child_process';
import { Client } from '@faktory-ts/client';
import { Worker } from '@faktory-ts/worker';
import { syncsPerSecond } from './disk.ts';
import { line, title, whole } from './figures.ts';
import { withBullmq } from './redis.ts';
import { type Rates, rates, type Side } from './side.ts';
import { Stage } from './stage.ts';

const rounds = 3;

/** Prints jobs a second of each, and the ratio. */
export async function besideBullmq(): Promise<void> {
  title(`Our client and worker beside BullMQ 5: jobs a second, best of ${rounds} rounds`);
  const redis = !spawnSync('redis-server', ['--version']).error;
  if (!redis) line('BullMQ: skipped, no redis-server here');
  const mine: Rates[] = [];
  const theirs: Rates[] = [];
  for (let round = 0; round < rounds; round++) {
    mine.push(await onStage());
    if (redis) theirs.push(await withBullmq('none', rates));
  }
  show('ours, --sync full', best(mine));
  if (!redis) return;
  show('BullMQ, Redis without persistence', best(theirs));
  show('BullMQ, Redis appendfsync always', await withBullmq('always', rates));
  const [our, their] = [best(mine), best(theirs)];
  const ratio = (of: keyof Rates): string => (our[of] / their[of]).toFixed(2);
  line(`beside no persistence: drain ${ratio('drain')}, push ${ratio('push')}, bulk ${ratio('bulk')}`);
  line(
    `one call at a time beside the disk's ${whole(syncsPerSecond())} appends a second: ${whole(our.serial)}`,
  );
}

async function onStage(): Promise<Rates> {
  const stage = await Stage.start('full');
  const side = ours(stage);
  const measured = await rates(side);
  await side.close();
  await stage.stop();
  return measured;
}

function ours({ url }: Stage): Side {
  const client = new Client<{ Empty: [n: number] }>({ url });
  return {
    push: () => client.push({ jobtype: 'Empty', args: [1] }),
    bulk: (count) => client.pushBulk(Array.from({ length: count }, () => ({ jobtype: 'Empty', args: [1] }))),
    async work(concurrency, hit) {
      const worker = new Worker({ url, concurrency, handlers: { Empty: () => hit() } });
      await worker.start();
      return () => worker.stop();
    },
    close: () => client.close(),
  };
}

function best(all: readonly Rates[]): Rates {
  const top = (of: keyof Rates): number => Math.max(...all.map((one) => one[of]));
  return { drain: top('drain'), push: top('push'), bulk: top('bulk'), serial: top('serial') };
}

function show(name: string, { drain, push, bulk, serial }: Rates): void {
  const one = `push ${whole(push)}, bulk ${whole(bulk)}, one at a time ${whole(serial)}`;
  line(`${name}: drain ${whole(drain)}, ${one}`);
}
