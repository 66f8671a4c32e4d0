/**
 * Limits how many jobs of each queue a worker may hold at once. A queue without a limit is always
 * open.
 *
 * Note: an unanswered FETCH counts for each queue that it names, because its job can come from any
 * of them.
 */

export class QueueLimits {
  readonly #limits: ReadonlyMap<string, number>;
  readonly #taken = new Map<string, number>();

  constructor(limits: ReadonlyMap<string, number>) {
    this.#limits = limits;
  }

  /** Whether there are limits. Then only one FETCH may be unanswered at a time. */
  get any(): boolean {
    return this.#limits.size > 0;
  }

  /**
   * Returns the queues that may be fetched from, and the most jobs to fetch. No names: fetch
   * nothing.
   */
  open(names: readonly string[], wanted: number): { names: readonly string[]; count: number } {
    if (!this.any) return { names, count: wanted };
    const open = names.filter((name) => this.#left(name) > 0);
    return { names: open, count: Math.min(wanted, ...open.map((name) => this.#left(name))) };
  }

  /** Counts `count` jobs that may come from each of these queues. */
  ask(names: readonly string[], count: number): void {
    for (const name of names) this.#add(name, count);
  }

  /** Uncounts an answered fetch; `take` counts the jobs that it returned. */
  answered(names: readonly string[], count: number): void {
    for (const name of names) this.#add(name, -count);
  }

  /** Counts a fetched job of this queue. */
  take(queue = 'default'): void {
    this.#add(queue, 1);
  }

  /** Uncounts a job that ended or was returned. */
  end(queue = 'default'): void {
    this.#add(queue, -1);
  }

  #left(name: string): number {
    return (this.#limits.get(name) ?? Number.POSITIVE_INFINITY) - (this.#taken.get(name) ?? 0);
  }

  #add(name: string, by: number): void {
    if (this.#limits.has(name)) this.#taken.set(name, (this.#taken.get(name) ?? 0) + by);
  }
}
