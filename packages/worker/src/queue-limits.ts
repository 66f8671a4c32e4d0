/*
 * How many jobs of each queue a worker may have in hand at once.
 * It must never leave out a queue without a limit. A stranger would get wrong that a FETCH in the air counts too: whatever it
 * brings could be of any queue that it names.
 */

export class QueueLimits {
  readonly #limits: ReadonlyMap<string, number>;
  readonly #taken = new Map<string, number>();

  constructor(limits: ReadonlyMap<string, number>) {
    this.#limits = limits;
  }

  /** Whether there are any: then one FETCH at a time must be enough. */
  get any(): boolean {
    return this.#limits.size > 0;
  }

  /** Which of the names may be asked, and for how many jobs at most. No names: for none. */
  open(names: readonly string[], wanted: number): { names: readonly string[]; count: number } {
    if (!this.any) return { names, count: wanted };
    const open = names.filter((name) => this.#left(name) > 0);
    return { names: open, count: Math.min(wanted, ...open.map((name) => this.#left(name))) };
  }

  /** So many jobs may come of these queues. */
  ask(names: readonly string[], count: number): void {
    for (const name of names) this.#add(name, count);
  }

  /** The answer has come: what came is counted by `take`. */
  answered(names: readonly string[], count: number): void {
    for (const name of names) this.#add(name, -count);
  }

  /** A job of this queue, which is `default` when it names none, has come. */
  take(queue = 'default'): void {
    this.#add(queue, 1);
  }

  /** The job ended or was given back. */
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
