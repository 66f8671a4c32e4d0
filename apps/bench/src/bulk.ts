/**
 * Compares PUSHB of 1,000 jobs with random jids to a bare loop that inserts the same rows. The
 * lines are made before and four are pending at once, so that only the server is measured.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Connection, type ConnectionOptions, resolveServers } from '@faktory-ts/client';
import { newJid, write } from '@faktory-ts/protocol';
import { line, median, seconds, title, whole } from './figures.ts';
import { Stage } from './stage.ts';

const bare = fileURLToPath(new URL('./bare-inserts.js', import.meta.url));
const perLine = 1000;
const lines = 200;
const rounds = 3;
const patience = 120_000; // ms; such a bulk takes longer than the default timeout

/** A connection of the benchmark. */
export function connect(url: string, options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({ addresses: resolveServers({ url }), timeout: patience, ...options });
}

/** `count` lines of 1,000 jobs each. */
export function bulkLines(count: number, queue = 'bulk'): string[] {
  const job = { queue, jobtype: 'SomeJob', args: [1, 'string', 3] };
  return Array.from({ length: count }, () =>
    write.pushBulk(Array.from({ length: perLine }, () => ({ jid: newJid(), ...job }))),
  );
}

/** Sends the lines, at most four pending. */
export async function send(connection: Connection, bulk: readonly string[]): Promise<void> {
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < bulk.length) await connection.call(bulk[next++] ?? '');
  };
  await Promise.all(Array.from({ length: 4 }, sender));
}

/** Prints jobs a second and the ratio to the bare loop. */
export async function bulk(): Promise<void> {
  title(`PUSHB of ${whole(perLine)}, --sync full (median of ${rounds}, ${whole(lines * perLine)} jobs each)`);
  const rates: number[] = [];
  const bares: number[] = [];
  let cost = '';
  for (let round = 0; round < rounds; round++) {
    const stage = await Stage.start('full');
    const connection = connect(stage.url);
    await send(connection, bulkLines(10)); // warm-up
    const all = bulkLines(lines);
    const cpu = stage.cpu();
    rates.push((lines * perLine) / (await seconds(() => send(connection, all))));
    cost = stage.costSince(cpu, lines * perLine, 'job');
    await connection.close();
    await stage.stop();
    bares.push(Number(execFileSync(process.execPath, [bare], { encoding: 'utf8' })));
  }
  const ratio = median(rates.map((rate, round) => rate / (bares[round] ?? Number.NaN)));
  line(
    `${whole(median(rates))} jobs/s, a bare loop ${whole(median(bares))} rows/s, ratio ${ratio.toFixed(2)}${cost}`,
  );
}
