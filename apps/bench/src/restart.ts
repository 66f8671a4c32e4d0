/**
 * Measures how long no server answers while one is replaced, and the longest push of a connected
 * client: with --take-over, and with a stop and then a start. Each with a million waiting jobs.
 */
import { connect as dial } from 'node:net';
import { Client } from '@faktory-ts/client';
import { bulkLines, connect, send } from './bulk.ts';
import { line, median, time, title, whole } from './figures.ts';
import { Stage } from './stage.ts';

const waiting = 1_000_000;
const rounds = 5;

/** Prints both ways. */
export async function restart(): Promise<void> {
  title(`A restart with ${whole(waiting)} waiting jobs, --sync full, median of ${rounds}`);
  let stage = await Stage.start('full');
  const filling = connect(stage.url);
  for (let thousands = 0; thousands < waiting / 1000; thousands += 50) await send(filling, bulkLines(50));
  await filling.close();
  const after = (old: Stage) => Stage.start('full', old.dir, ['-b', `127.0.0.1:${old.port}`, '--take-over']);
  const ways: [string, (old: Stage) => Promise<Stage>][] = [
    ['--take-over', after],
    [
      'stop, then start',
      async (old) => {
        await old.stop(true);
        return after(old);
      },
    ],
  ];
  for (const [name, replace] of ways) {
    const silences: number[] = [];
    const pushes: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const watched = watch(stage);
      stage = await replace(stage);
      const { silence, longest } = await watched();
      silences.push(silence);
      pushes.push(longest);
    }
    line(
      `${name}: nobody greets for ${time(median(silences))}; a push takes ${time(median(pushes))} at most`,
    );
  }
  await stage.stop();
}

/**
 * Measures until the returned function is called: the longest time between two greetings, and the
 * longest push, in seconds.
 */
function watch({ url, port }: Stage): () => Promise<{ silence: number; longest: number }> {
  let over = false;
  const greetings = longestOf(() => greeted(port));
  const client = new Client({ url, timeout: 30_000 });
  const pushes = longestOf(() => client.push({ jobtype: 'SomeJob', args: [] }));
  async function longestOf(act: () => Promise<unknown>): Promise<number> {
    let longest = 0;
    let last = performance.now();
    while (!over) {
      await act();
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
    return longest / 1000;
  }
  return async () => {
    over = true;
    const [silence, longest] = await Promise.all([greetings, pushes]);
    await client.close();
    return { silence, longest };
  };
}

/** Dials until a server sends its first bytes. */
async function greeted(port: number): Promise<void> {
  for (;;) {
    const heard = await new Promise((resolve) => {
      const socket = dial(port, '127.0.0.1');
      socket.on('data', () => resolve(socket.destroy())).on('close', () => resolve(undefined));
      socket.on('error', () => undefined);
    });
    if (heard) return;
  }
}
