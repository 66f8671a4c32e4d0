/**
 * Runs a task of a feature: at the start, and then whenever the task said at its last run.
 *
 * Spans are measured by the steady clock, instants by the wall clock. A timer runs for at most 250 ms and then compares the clock with
 * the due time, so a step of the wall clock delays a run by 250 ms at most.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { FeatureServices, FeatureTask } from '../jobs/feature.ts';

const LONGEST_TIMER = 250; // ms
const AFTER_ERROR = 1_000_000; // µs until the next try

export class FeatureTaskRun {
  readonly #task: FeatureTask;
  readonly #services: FeatureServices;
  readonly #steady: () => Micros;
  readonly #stop = new AbortController();
  /** Microseconds until the next run. */
  #left: () => Micros = () => 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** The error that was logged last; undefined: the last run had none. */
  #logged: string | undefined;

  constructor(task: FeatureTask, services: FeatureServices, steady: () => Micros) {
    this.#task = task;
    this.#services = services;
    this.#steady = steady;
  }

  start(): void {
    this.#arm();
  }

  /** Waits for the run that has begun. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  #arm(): void {
    if (this.#stop.signal.aborted) return;
    const wait = Math.min(Math.ceil(this.#left() / 1000), LONGEST_TIMER);
    this.#timer = setTimeout(() => this.#check(), Math.max(wait, 0));
  }

  #check(): void {
    if (this.#left() > 0) {
      this.#arm();
      return;
    }
    this.#running = this.#run().then(() => {
      this.#running = undefined;
      this.#arm();
    });
  }

  async #run(): Promise<void> {
    try {
      const next = await this.#task.run(this.#services, this.#stop.signal);
      if ('at' in next) this.#left = () => next.at - this.#services.clock();
      else this.#wait(next.in);
      this.#logged = undefined;
    } catch (error) {
      this.#wait(AFTER_ERROR);
      if (!this.#stop.signal.aborted) this.#log(error);
    }
  }

  #wait(span: Micros): void {
    const due = this.#steady() + span;
    this.#left = () => due - this.#steady();
  }

  /** The same error again is not logged, until a run succeeds. */
  #log(error: unknown): void {
    const text = String(error);
    if (text === this.#logged) return;
    this.#logged = text;
    // StorageWatch logs storage errors, one line a minute.
    const level = (error as { code?: unknown } | undefined)?.code === 'STORAGE' ? 'debug' : 'error';
    this.#services.log[level](`the task ${this.#task.name} failed, next try in 1 s: ${text}`);
  }
}
