/**
 * Bounds how long the requests of all clients together hold the event loop in one of its rounds. Long work is done in parts, and each
 * round does one part of each kind. The lines of all connections are started for some milliseconds a round; the others wait for the next.
 *
 * All servers of a process share this state, because they share the event loop.
 */
/** A text of more characters is read or written in parts of {@link PART}. */
export const LARGE = 512 * 1024;
export const PART = 256 * 1024;
/** Options of features with more characters are read in parts. */
export const LONG = 64 * 1024;
/** Characters of a part of {@link pageParts}. */
export const PAGE_PART = 128 * 1024;

const MOST_TIME = 5; // ms of a round in which lines are started
const LOOK_EVERY = 32 * 1024; // characters of lines between two looks at the clock
const LINE_WEIGHT = 64; // characters that a line counts beside its own

/** Does all parts of a work at once. */
export function atOnce<Result>(parts: Iterator<void, Result>): Result {
  for (;;) {
    const { done, value } = parts.next();
    if (done) return value;
  }
}

/** Does the first part of a work, then each other one after a pause. Rejects with an error of either. */
export async function withPauses<Result>(
  parts: Iterator<void, Result>,
  pause: () => Promise<void>,
): Promise<Result> {
  for (;;) {
    const { done, value } = parts.next();
    if (done) return value;
    await pause();
  }
}

/** Work of one kind that is done in parts: each round of the event loop does one part of it. */
class Lane {
  readonly #waiting: (() => void)[] = [];
  readonly #atOnce: number;

  /** Each round runs this many callers. */
  constructor(atOnce = 1) {
    this.#atOnce = atOnce;
  }

  /** Resolves in a later round, one caller in each round, in the order of the calls. */
  next(): Promise<void> {
    return new Promise((resolve) => this.wait(resolve));
  }

  /** Calls `run` as {@link next} resolves. */
  wait(run: () => void): void {
    this.#waiting.push(run);
    if (this.#waiting.length === 1) setImmediate(this.#admit);
  }

  /** Runs a reading to its end, each part in a round of its own. */
  async read<Result>(parts: Iterator<void, Result>): Promise<Result> {
    await this.next();
    return withPauses(parts, () => this.next());
  }

  readonly #admit = (): void => {
    const runs = this.#waiting.splice(0, this.#atOnce);
    if (this.#waiting.length > 0) setImmediate(this.#admit);
    for (const run of runs) run();
  };
}

/** Large lines and bodies. */
export const largeParts = new Lane();

/** Sockets with a long unfinished line: each reads one or two chunks of 64 KiB in its turn, and all together about half a MiB a round. */
export const longLines = new Lane(4);

/** Pages and searches, which do not wait behind large lines. */
export const pageParts = new Lane();

/** The time of a round that is left for lines. */
export class Rounds {
  readonly #now: () => number;
  readonly #waiting = new Set<() => void>();
  /** When this round was first looked at; undefined: not yet. */
  #since: number | undefined;
  /** Characters since the clock was looked at. */
  #characters = 0;
  #over = false;

  /** `now` returns milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** This round has no time left: start no line, and {@link wait}. */
  get over(): boolean {
    return this.#over;
  }

  /** A line of so many characters is started. */
  spend(characters: number): void {
    this.#characters += characters + LINE_WEIGHT;
    if (this.#characters < LOOK_EVERY) return;
    this.#characters = 0;
    if (this.#since === undefined) {
      this.#open();
    } else if (this.#now() - this.#since >= MOST_TIME) this.#over = true;
  }

  /**
   * Makes something of about so many characters: now, or in a later round when this one has no time left. A round makes at least one.
   */
  make<Result>(characters: number, make: () => Result | Promise<Result>): Result | Promise<Result> {
    if (!this.#over && this.#waiting.size === 0) return this.#timed(characters, make);
    return new Promise((resolve, reject) => {
      this.wait(() => {
        try {
          resolve(this.#timed(characters, make));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #timed<Result>(characters: number, make: () => Result): Result {
    if (characters >= LOOK_EVERY && this.#since === undefined) this.#open();
    const result = make();
    this.spend(characters);
    return result;
  }

  /** Calls `run` in a later round that has time for it, in the order of the calls. */
  wait(run: () => void): void {
    this.#waiting.add(run);
    if (this.#since === undefined) this.#open();
  }

  #open(): void {
    this.#since = this.#now();
    setImmediate(this.#next);
  }

  readonly #next = (): void => {
    this.#over = false;
    this.#since = this.#now();
    for (const run of this.#waiting) {
      if (this.#over) break;
      this.#waiting.delete(run);
      run();
    }
    if (this.#waiting.size > 0) setImmediate(this.#next);
    else this.#since = undefined;
  };
}

/** The lines of all connections of this process. */
export const rounds = new Rounds();

/** The answers of all connections: many are often made in the round in which one commit settles their calls. */
export const answers = new Rounds();

/** Runs work of the engine that takes milliseconds, one after another, so that a short call in between waits for one of them. */
export class OneByOne {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
