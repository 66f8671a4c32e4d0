/**
 * The threads or processes of one jobtype: an idle one runs the next job, and when none is idle a
 * new one is started. The worker limits how many jobs run at once, not the pool.
 *
 * Note: a dead one is replaced only when a job needs it, so a module that cannot be loaded is tried
 * once for each job, not in a loop.
 */

import { FaktoryError } from '@faktory-ts/protocol';
import type { Seating } from './options.ts';
import { Seat, type Task } from './seat.ts';

export class Pool {
  readonly #jobtype: string;
  readonly #seating: Seating;
  readonly #all = new Set<Seat>();
  readonly #idle: Seat[] = [];
  #closed = false;

  constructor(jobtype: string, seating: Seating) {
    this.#jobtype = jobtype;
    this.#seating = seating;
  }

  /** Runs a job. Rejects as {@link Seat.run} does, and with `SHUTDOWN` once the pool is closed. */
  async run(task: Task): Promise<void> {
    if (this.#closed) throw new FaktoryError('SHUTDOWN', 'the worker has stopped');
    task.context.signal.throwIfAborted();
    const seat = this.#idle.pop() ?? this.#open();
    await seat.run(task);
  }

  /** Ends all threads or processes and their jobs. Resolves when they are gone. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    const seats = [...this.#all];
    for (const seat of seats) seat.kill();
    await Promise.all(seats.map((seat) => seat.gone));
  }

  #open(): Seat {
    const seat = new Seat(this.#jobtype, this.#seating, {
      idle: (one) => this.#idle.push(one),
      dead: (one) => {
        this.#all.delete(one);
        const at = this.#idle.indexOf(one);
        if (at >= 0) this.#idle.splice(at, 1);
      },
    });
    this.#all.add(seat);
    return seat;
  }
}
