/**
 * Removes workers that fell silent, once a second, and logs each: its jobs go through the retry process, and an operator wants to know
 * why. A minute has at most five such lines, and one that counts the rest.
 */
import type { Logger } from '../log.ts';
import type { Roster, WorkerRecord } from '../workers/roster.ts';

const EVERY = 1000; // ms
const MINUTE = 60_000; // ms
const MOST_LINES = 5; // a minute

export class ReapTask {
  readonly #roster: Pick<Roster, 'reap'>;
  readonly #log: Logger;
  #minuteAt = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #unnamed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(roster: Pick<Roster, 'reap'>, log: Logger) {
    this.#roster = roster;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => this.run(), EVERY);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  run(): void {
    if (performance.now() - this.#minuteAt >= MINUTE) this.#nextMinute();
    for (const worker of this.#roster.reap()) this.#tell(worker);
  }

  #nextMinute(): void {
    if (this.#unnamed > 0) this.#log.warn(`${this.#unnamed} more workers fell silent within a minute`);
    this.#minuteAt = performance.now();
    this.#lines = 0;
    this.#unnamed = 0;
  }

  #tell({ wid, hostname, pid }: WorkerRecord): void {
    if (this.#lines >= MOST_LINES) {
      this.#unnamed += 1;
      return;
    }
    this.#lines += 1;
    this.#log.warn(
      `worker ${wid} (process ${pid} on ${hostname}) sent no BEAT for 60 s: its connections are closed, and its jobs are retried when their reservations expire`,
    );
  }
}
