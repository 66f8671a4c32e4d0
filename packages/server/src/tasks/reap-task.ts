/**
 * Once a second, removes workers that sent no BEAT for 60 seconds and logs each of them: at most
 * five lines a minute, and one that counts the rest.
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
  #unlogged = 0;
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
    for (const worker of this.#roster.reap()) this.#report(worker);
  }

  #nextMinute(): void {
    if (this.#unlogged > 0)
      this.#log.warn(
        `${this.#unlogged} more workers were removed within a minute, because they sent no BEAT for 60 s`,
      );
    this.#minuteAt = performance.now();
    this.#lines = 0;
    this.#unlogged = 0;
  }

  #report({ wid, hostname, pid }: WorkerRecord): void {
    if (this.#lines >= MOST_LINES) {
      this.#unlogged += 1;
      return;
    }
    this.#lines += 1;
    this.#log.warn(
      `worker ${wid} (process ${pid} on ${hostname}) sent no BEAT for 60 s: its connections are closed, and its jobs are retried when their reservations expire`,
    );
  }
}
