/**
 * The brake on failed logins. From the fifth failure on, an address is checked in rounds, up to two seconds apart, of at most sixteen
 * attempts each: so guessing is slow, and an attempt that is right waits for the next round and no longer.
 *
 * No address is locked out. Of more attempts than a round takes, half are those whose client failed least, and half are chosen by
 * chance; so are those that may wait. A secret that is known to be wrong is refused at once and uses no place: clients that repeat an old password stop nobody.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import { networkOf } from '../network.ts';

const FREE = 5; // failures
const FIRST_WAIT = 100; // ms; twice as long with each failure
const LONGEST_WAIT = 2000; // ms; clients wait five seconds for their answer
const ROUND = 16; // attempts
const MOST_WAITING = 50;
const REMEMBERED = 600_000; // ms after the last failure
const MOST_ADDRESSES = 10_000;
const MOST_LANES = 1000; // of one address

/** What an attempt found; without limits it knows all there is to guess. */
interface Found {
  readonly limits: unknown;
}

/** One login. */
export interface Attempt<T> {
  readonly address: string;
  /** Attempts of the same client, or of the same secret. */
  readonly lane: string;
  /** The lane stands for one secret: once it was wrong it is wrong, until the secrets change. */
  readonly exact: boolean;
  /** Undefined: wrong. */
  readonly check: () => Promise<T | undefined> | T | undefined;
  /** Whether the client has left. */
  readonly gone: () => boolean;
}

interface Waiting extends Attempt<Found> {
  readonly resolve: (found: Found | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Brake {
  failures: number;
  failedAt: number;
  /** Checks that run now. */
  running: number;
  round: NodeJS.Timeout | undefined;
  waiting: Waiting[];
  /** Failures of each lane. */
  readonly lanes: Map<string, number>;
}

export class Logins {
  /** By network, the one that failed last at the end. Who never failed is here only while it is checked. */
  readonly #brakes = new Map<string, Brake>();
  readonly #onSlow: (network: string) => void;

  /** `onSlow` is called when a network begins to be slowed down. */
  constructor(onSlow: (network: string) => void) {
    this.#onSlow = onSlow;
  }

  /**
   * Resolves to what `check` finds, when it is this attempt's turn; undefined also for a client that has left. Rejects with LIMIT when
   * too many wait.
   */
  attempt<T extends Found>(attempt: Attempt<T>): Promise<T | undefined> {
    const network = networkOf(attempt.address);
    const brake = this.#brakeOf(network);
    if (attempt.exact && brake.lanes.has(attempt.lane)) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      brake.waiting.push({ ...attempt, resolve: resolve as Waiting['resolve'], reject });
      this.#serve(network, brake);
    });
  }

  /** Counts a failure that was not checked here. */
  failed(address: string): void {
    const network = networkOf(address);
    this.#count(network, this.#brakeOf(network));
  }

  /** Whether an address failed lately. */
  isSuspect(address: string): boolean {
    return (this.#brakes.get(networkOf(address))?.failures ?? 0) > 0;
  }

  /** Other secrets are right from now on: what was wrong may be right. */
  secretsChanged(): void {
    for (const { lanes } of this.#brakes.values()) lanes.clear();
  }

  /** How many networks are remembered. */
  get size(): number {
    return this.#brakes.size;
  }

  #brakeOf(network: string): Brake {
    const known = this.#brakes.get(network);
    if (known) {
      if (performance.now() - known.failedAt > REMEMBERED) {
        release(known);
        known.lanes.clear();
      }
      return known;
    }
    const fresh = { failures: 0, failedAt: 0, running: 0, round: undefined, waiting: [], lanes: new Map() };
    this.#brakes.set(network, fresh);
    return fresh;
  }

  #serve(network: string, brake: Brake): void {
    if (brake.failures >= FREE) this.#serveSlowly(network, brake);
    // As many at once as may still fail: a thousand at once are no more guesses than one by one.
    else this.#checkAll(network, brake, brake.waiting.splice(0, FREE - brake.failures - brake.running));
    if (brake.failures === 0 && brake.running === 0) this.#brakes.delete(network);
  }

  #serveSlowly(network: string, brake: Brake): void {
    while (brake.waiting.length > MOST_WAITING) refuseOne(brake);
    if (brake.running > 0 || brake.round || brake.waiting.length === 0) return;
    const wait = brake.failedAt + waitAfter(brake.failures) - performance.now();
    if (wait <= 0) {
      this.#checkAll(network, brake, takeRound(brake));
      return;
    }
    brake.round = setTimeout(() => {
      brake.round = undefined;
      this.#serve(network, brake);
    }, wait).unref();
  }

  #checkAll(network: string, brake: Brake, attempts: readonly Waiting[]): void {
    brake.running += attempts.length;
    for (const next of attempts) void this.#check(network, brake, next);
  }

  async #check(
    network: string,
    brake: Brake,
    { check, gone, lane, resolve, reject }: Waiting,
  ): Promise<void> {
    try {
      const left = gone();
      const found = left ? undefined : await check();
      if (!found && !left) {
        brake.lanes.set(lane, (brake.lanes.get(lane) ?? 0) + 1);
        this.#count(network, brake);
      } else if (found && found.limits === undefined) release(brake); // who has all rights has nothing to guess
      resolve(found);
    } catch (error) {
      reject(error);
    }
    brake.running -= 1;
    this.#serve(network, brake);
  }

  #count(network: string, brake: Brake): void {
    const now = performance.now();
    brake.failures += 1;
    brake.failedAt = now;
    if (brake.failures === FREE) this.#onSlow(network);
    if (brake.lanes.size > MOST_LANES) brake.lanes.clear();
    this.#brakes.delete(network);
    this.#brakes.set(network, brake);
    for (const [other, { failedAt, running, waiting }] of this.#brakes) {
      if (this.#brakes.size <= MOST_ADDRESSES && now - failedAt < REMEMBERED) break;
      if (running === 0 && waiting.length === 0) this.#brakes.delete(other);
    }
  }
}

/** Takes the attempts of a round out of those that wait. */
function takeRound(brake: Brake): Waiting[] {
  const { lanes } = brake;
  const mixed = shuffled(brake.waiting.filter((one) => !isGone(one)));
  const byFailures = [...mixed].sort((a, b) => failuresOf(lanes, a) - failuresOf(lanes, b));
  const chosen = new Set(byFailures.slice(0, ROUND / 2));
  for (const one of mixed) if (chosen.size < ROUND) chosen.add(one);
  brake.waiting = mixed.filter((one) => !chosen.has(one));
  return [...chosen];
}

/** Of two by chance the one whose client failed more often. A flood costs no more than this for each attempt. */
function refuseOne({ waiting, lanes }: Brake): void {
  const [one, other] = [anyOf(waiting), anyOf(waiting)];
  const at = failuresOf(lanes, waiting[one]) > failuresOf(lanes, waiting[other]) ? one : other;
  const refused = waiting[at];
  const last = waiting.pop();
  if (last && last !== refused) waiting[at] = last;
  const text = 'too many failed logins from this address; try again in some seconds';
  refused?.reject(new FaktoryError('LIMIT', text));
}

function isGone({ gone, resolve }: Waiting): boolean {
  if (!gone()) return false;
  resolve(undefined);
  return true;
}

const anyOf = (list: readonly unknown[]): number => Math.floor(Math.random() * list.length);
const failuresOf = (lanes: Brake['lanes'], one: Waiting | undefined): number =>
  lanes.get(one?.lane ?? '') ?? 0;

function release(brake: Brake): void {
  brake.failures = 0;
  clearTimeout(brake.round);
  brake.round = undefined;
}

function shuffled<T>(list: readonly T[]): T[] {
  const mixed = [...list];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}

function waitAfter(failures: number): number {
  return Math.min(FIRST_WAIT * 2 ** (failures - FREE), LONGEST_WAIT);
}
