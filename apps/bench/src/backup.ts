/**
 * Measures what a backup costs clients that push: their rate with and without one, and the longest
 * push. A million waiting jobs, thirty concurrent pushes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '@faktory-ts/client';
import { bulkLines, connect, send } from './bulk.ts';
import { line, time, title, whole } from './figures.ts';
import { Stage } from './stage.ts';

const waiting = 1_000_000;
const inFlight = 30;
const alone = 5000; // ms

/** Prints rate and longest push, without and with a backup. */
export async function backup(): Promise<void> {
  title(`A backup of ${whole(waiting)} jobs beside ${inFlight} pushes in flight, --sync full`);
  const stage = await Stage.start('full');
  const asking = connect(stage.url, { extension: () => ({ v: 1 }) });
  for (let thousands = 0; thousands < waiting / 1000; thousands += 50) await send(asking, bulkLines(50));
  const pushing = new Pushing(stage.url);
  await pushing.during(() => pause(alone));
  const before = await pushing.during(() => pause(alone));
  const started = performance.now();
  const beside = await pushing.during(() => asking.call('BACKUP\r\n', { timeout: 600_000 }));
  const took = (performance.now() - started) / 1000;
  line(`alone ${whole(before.rate)} pushes/s, the longest ${time(before.longest)}`);
  line(
    `beside the backup, which took ${time(took)}: ${whole(beside.rate)} pushes/s = ${(beside.rate / before.rate).toFixed(2)}, the longest ${time(beside.longest)}`,
  );
  await pushing.stop();
  await asking.close();
  await stage.stop();
}

class Pushing {
  readonly #client: Client;
  readonly #lanes: Promise<void>[];
  #over = false;
  #pushed = 0;
  #longest = 0;

  constructor(url: string) {
    this.#client = new Client({ url, timeout: 60_000 });
    this.#lanes = Array.from({ length: inFlight }, () => this.#lane());
  }

  /** The rate while `act` runs, and the longest push that ended meanwhile, in seconds. */
  async during(act: () => Promise<unknown>): Promise<{ rate: number; longest: number }> {
    [this.#pushed, this.#longest] = [0, 0];
    const started = performance.now();
    await act();
    const rate = this.#pushed / ((performance.now() - started) / 1000);
    return { rate, longest: this.#longest / 1000 };
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#lanes);
    await this.#client.close();
  }

  async #lane(): Promise<void> {
    while (!this.#over) {
      const started = performance.now();
      await this.#client.push({ jobtype: 'SomeJob', args: [1, 'string', 3] });
      this.#longest = Math.max(this.#longest, performance.now() - started);
      this.#pushed++;
    }
  }
}
