/*
 * Whether a worker does what it is for: it runs, and the server has answered a fetch of late.
 * It must never call a worker sick that has no reason to fetch: one whose slots or limits are full is well while it beats. A
 * stranger would get wrong that a fetch on empty queues is answered too, after two seconds.
 */

import type { WorkerObserver } from './observer.ts';
import { checkTime } from './options.ts';
import type { WorkerState } from './worker.ts';

const usualWindow = 30_000; // ms
const leastWindow = 3000; // ms: an idle worker's fetch is answered after 2000

/** What health is measured by. */
export interface HealthOptions {
  concurrency: number;
  /** Milliseconds for which the answer to a fetch or a beat is a sign of health. Default 30,000. */
  window?: number | undefined;
  /** Milliseconds between beats. An answer to one counts for the time of two at least. Default 0. */
  beatInterval?: number | undefined;
}

/** Throws `CONFIG` for a window in which no idle worker could be healthy. */
export function checkWindow(window: number): void {
  checkTime('healthWindow', window, leastWindow);
}

/** What is asked of the worker. */
export interface Patient {
  readonly state: WorkerState;
  readonly busy: number;
}

/** What `/health` says. Times are seconds since then; null: never. */
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
  /** Since when a fetch is out. */
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
    // After long jobs the last answer is old, and the next one may take its two seconds.
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
