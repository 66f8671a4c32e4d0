/**
 * Measures a million waiting jobs: the server's memory, the time until it is ready after a restart,
 * and whether pushing and fetching are slower than with a hundred.
 */
import { commands } from '@faktory-ts/client';
import { newJid } from '@faktory-ts/protocol';
import { bulkLines, connect, send } from './bulk.ts';
import { line, median, seconds, title, whole } from './figures.ts';
import { Stage } from './stage.ts';

const waiting = 1_000_000;
const few = 100;
const rounds = 5;
const perRound = 4000;

/** Prints memory, restart and speed. */
export async function million(): Promise<void> {
  title(`${whole(waiting)} waiting jobs, --sync full`);
  const small = await Stage.start('full');
  const large = await Stage.start('full');
  const filling = connect(large.url);
  for (let thousands = 0; thousands < waiting / 1000; thousands += 50) await send(filling, bulkLines(50));
  await filling.close();
  await fillFew(small);
  const { server, faktory } = await large.info();
  line(
    `memory (RSS): ${server.used_memory_mb} MiB with ${whole(faktory.total_enqueued)} jobs, ${(await small.info()).server.used_memory_mb} MiB with ${few}`,
  );
  await speed(small, large);
  await small.stop();
  await large.stop(true);
  const again = await Stage.start('full', large.dir);
  const after = await again.info();
  line(
    `ready again ${again.readyAfter.toFixed(2)} s after the start of the process, ${whole(after.faktory.total_enqueued)} jobs, ${after.server.used_memory_mb} MiB`,
  );
  await again.stop();
}

async function fillFew(stage: Stage): Promise<void> {
  const connection = connect(stage.url);
  for (let made = 0; made < few; made++) await push(connection);
  await connection.close();
}

function push(connection: ReturnType<typeof connect>): Promise<void> {
  return commands.push(connection, {
    jid: newJid(),
    queue: 'bulk',
    jobtype: 'SomeJob',
    args: [1, 'string', 3],
  });
}

/**
 * Pushes, fetches and acknowledges from 20 connections, by turns on both servers; the number of
 * waiting jobs stays.
 */
async function speed(small: Stage, large: Stage): Promise<void> {
  const rates = new Map<Stage, number[]>([
    [small, []],
    [large, []],
  ]);
  for (let round = -1; round < rounds; round++) {
    for (const [stage, measured] of rates) {
      const rate = perRound / (await seconds(() => cycle(stage)));
      if (round >= 0) measured.push(rate);
    }
  }
  const [slow = [], fast = []] = [rates.get(large), rates.get(small)];
  const ratio = median(slow.map((rate, round) => rate / (fast[round] ?? Number.NaN)));
  line(
    `push, fetch, acknowledge: ${whole(median(slow))} jobs/s, with ${few} waiting ${whole(median(fast))} jobs/s, ratio ${ratio.toFixed(2)}`,
  );
}

async function cycle(stage: Stage): Promise<void> {
  const one = async (): Promise<void> => {
    const connection = connect(stage.url);
    for (let made = 0; made < perRound / 20; made++) {
      await push(connection);
      const job = await commands.fetch(connection, ['bulk']);
      if (job) await commands.ack(connection, job.jid);
    }
    await connection.close();
  };
  await Promise.all(Array.from({ length: 20 }, one));
}
