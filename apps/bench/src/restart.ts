/*
 * How long nobody answers while a server is replaced by its successor, and the longest that a push of a connected client takes:
 * with --take-over, and with a stop and a start one after the other. Each with a million waiting jobs.
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

/** Watches until called: the longest times, in seconds, between two greetings and that a push takes. */
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

/** Dials until a server says its first words. */
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
