/**
 * Two clocks. The wall clock says which time it is; a person, NTP or a machine that wakes up may set it. The steady clock only goes
 * forward, at the same pace, from a moment that means nothing.
 *
 * Lengths of time are measured by the steady clock. What must outlive a restart is stored as a time of the wall clock, and moved along
 * when a step of it is noticed. Note: each look at the wall clock compares the two, so a step is noticed before anything is computed
 * from the new time.
 */
import { type Micros, nowMicros, wallAhead } from '@faktory-ts/protocol';

/** Steps up to this are left alone: NTP corrects in small ones, and no length here is that exact. */
export const NOTICED: Micros = 2_000_000;

export class Clocks {
  readonly #wall: () => Micros;
  readonly #steady: () => Micros;
  /** What the wall clock, which says `now`, is ahead of the steady one. */
  readonly #aheadAt: (now: Micros) => Micros;
  readonly #listeners: ((by: Micros) => void)[] = [];
  #ahead: Micros;

  /** Without `steady` the process's own steady clock, which goes with {@link nowMicros}. */
  constructor(wall: () => Micros, steady?: () => Micros) {
    this.#wall = wall;
    this.#steady = steady ?? monotonic;
    // The protocol's clock compares both anyway: asking it costs nothing, reading the steady clock half as much as a time.
    this.#aheadAt = steady || wall !== nowMicros ? (now) => now - this.#steady() : wallAhead;
    this.#ahead = this.#aheadAt(wall());
  }

  /** The time of the wall clock. Tells the listeners first when the clock was set. */
  readonly now = (): Micros => {
    const now = this.#wall();
    const ahead = this.#aheadAt(now);
    const by = ahead - this.#ahead;
    this.#ahead = ahead;
    if (by > NOTICED || by < -NOTICED) for (const listener of this.#listeners) listener(Math.round(by));
    return now;
  };

  /** The time of the steady clock, for lengths alone. */
  readonly steady = (): Micros => this.#steady();

  /** Told by how much the wall clock was set: negative means back. Must not throw. */
  onStep(listener: (by: Micros) => void): void {
    this.#listeners.push(listener);
  }
}

const monotonic = (): Micros => Math.round(performance.now() * 1000);
