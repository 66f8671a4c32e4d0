/**
 * Decides whether a worker is healthy: it runs, and the server has answered a fetch recently. A
 * worker whose slots or limits are full does not fetch; it is healthy while its beats are answered.
 *
 * Note: a fetch on empty queues is also answered, after two seconds.
 */

import type { WorkerObserver } from './observer.ts';
import { checkTime } from './options.ts';
import type { WorkerState } from './worker.ts';

const usualWindow = 30_000; // ms
const leastWindow = 3000; // ms: an idle worker's fetch is answered after 2000

/** Settings of the health check. */
export interface HealthOptions {
  concurrency: number;
  /** Milliseconds for which an answered fetch or beat is a sign of health. Default 30,000. */
  window?: number | undefined;
  /** Milliseconds between beats. An answered beat counts for at least two intervals. Default 0. */
  beatInterval?: number | undefined;
}

/** Throws `CONFIG` for a window that is too short for an idle worker. */
export function checkWindow(window: number): void {
  checkTime('healthWindow', window, leastWindow);
}

/** The facts about a worker that the check needs. */
export interface Patient {
  readonly state: WorkerState;
  readonly busy: number;
}

/** The answer of `/health`. Times are seconds since the event; null: never. */
export interface HealthReport {
  healthy: boolean;
  state: WorkerState;
  busy: number;
  concurrency: number;
  last_fetch: number | null;
  last_beat: number | null;
}

export class Health implements WorkerObserver {
  readonly #concurrency: number;
  readonly #window: number;
  readonly #beatWindow: number;
  readonly #now: () => number;
  /** When the unanswered fetch was sent. */
  #asking: number | undefined;
  #answered: number | undefined;
  #beaten: number | undefined;

  constructor(
    { concurrency, window = usualWindow, beatInterval = 0 }: HealthOptions,
    now: () => number = () => performance.now(),
  ) {
    this.#concurrency = concurrency;
    this.#window = window;
    this.#beatWindow = Math.max(window, 2 * beatInterval);
    this.#now = now;
  }

  fetching(): void {
    this.#asking ??= this.#now();
  }

  fetched(): void {
    this.#asking = undefined;
    this.#answered = this.#now();
  }

  beat(ok: boolean): void {
    if (ok) this.#beaten = this.#now();
  }

  report({ state, busy }: Patient): HealthReport {
    const full = busy >= this.#concurrency || (busy > 0 && this.#asking === undefined);
    // After long jobs the last answer is old, and the next one may take two seconds.
    const justAsked = this.#answered !== undefined && this.#isRecent(this.#asking);
    const beats = this.#isRecent(this.#beaten, this.#beatWindow);
    const answers = this.#isRecent(this.#answered) || justAsked || (full && beats);
    return {
      healthy: state === 'running' && answers,
      state,
      busy,
      concurrency: this.#concurrency,
      last_fetch: this.#since(this.#answered),
      last_beat: this.#since(this.#beaten),
    };
  }

  #isRecent(time: number | undefined, window = this.#window): boolean {
    return time !== undefined && this.#now() - time <= window;
  }

  #since(time: number | undefined): number | null {
    return time === undefined ? null : Math.round(this.#now() - time) / 1000;
  }
}
