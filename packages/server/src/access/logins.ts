/**
 * Failed logins slow an address down. The attempts of an address are checked one after the other, so a thousand at once are no more
 * guesses than one by one; from the fifth failure in a row on, each check waits longer, up to two seconds.
 *
 * Nobody is locked out: of those that wait any one may be next, and a good login ends the waiting for all. A stranger would get wrong
 * that more than ten do not wait: they are refused at once, without a look at what they know.
 */
import { FaktoryError } from '@faktory-ts/protocol';

const FREE = 5; // failures
const FIRST_WAIT = 100; // ms; twice as long with each failure
const LONGEST_WAIT = 2000; // ms; clients wait five seconds for their answer
const MOST_WAITING = 10;
const REMEMBERED = 600_000; // ms after the last failure
const MOST_ADDRESSES = 10_000;

interface Attempt {
  readonly check: () => Promise<boolean> | boolean;
  readonly gone: () => boolean;
  readonly resolve: (good: boolean) => void;
  readonly reject: (error: FaktoryError) => void;
}

interface Line {
  failures: number;
  failedAt: number;
  busy: boolean;
  waiting: Attempt[];
}

export class Logins {
  /** By address, the one that failed last at the end. Who never failed is here only while it is checked. */
  readonly #lines = new Map<string, Line>();
  readonly #onSlow: (address: string) => void;

  /** `onSlow` is told when an address begins to wait. */
  constructor(onSlow: (address: string) => void) {
    this.#onSlow = onSlow;
  }

  /**
   * Resolves to what `check` says, when it is this address's turn. `gone` = the client has left: nothing is checked. Rejects with LIMIT when
   * too many wait.
   */
  attempt(address: string, check: Attempt['check'], gone: Attempt['gone']): Promise<boolean> {
    const network = networkOf(address);
    const line = this.#lines.get(network) ?? { failures: 0, failedAt: 0, busy: false, waiting: [] };
    this.#lines.set(network, line);
    if (performance.now() - line.failedAt > REMEMBERED) line.failures = 0;
    return new Promise((resolve, reject) => {
      line.waiting.push({ check, gone, resolve, reject });
      this.#refuseSurplus(line);
      if (!line.busy) void this.#serve(network, line);
    });
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#lines.size;
  }

  async #serve(network: string, line: Line): Promise<void> {
    line.busy = true;
    while (line.waiting.length > 0) {
      const slow = line.failures >= FREE;
      const wait = slow ? line.failedAt + waitAfter(line.failures) - performance.now() : 0;
      if (wait > 0) await pause(wait);
      const [next] = line.waiting.splice(slow ? Math.floor(Math.random() * line.waiting.length) : 0, 1);
      if (next && !next.gone()) await this.#check(network, line, next);
      else next?.resolve(false);
    }
    line.busy = false;
    if (line.failures === 0) this.#lines.delete(network);
  }

  async #check(network: string, line: Line, { check, resolve }: Attempt): Promise<void> {
    const good = await check();
    if (good) line.failures = 0;
    else this.#failed(network, line);
    resolve(good);
  }

  #failed(network: string, line: Line): void {
    const now = performance.now();
    line.failures += 1;
    line.failedAt = now;
    if (line.failures === FREE) this.#onSlow(network);
    this.#refuseSurplus(line);
    this.#lines.delete(network);
    this.#lines.set(network, line);
    for (const [other, { failedAt, busy }] of this.#lines) {
      if (this.#lines.size <= MOST_ADDRESSES && now - failedAt < REMEMBERED) break;
      if (!busy) this.#lines.delete(other);
    }
  }

  #refuseSurplus(line: Line): void {
    if (line.failures < FREE || line.waiting.length <= MOST_WAITING) return;
    for (const { gone, resolve } of line.waiting) if (gone()) resolve(false);
    line.waiting = line.waiting.filter(({ gone }) => !gone());
    for (const { reject } of line.waiting.splice(MOST_WAITING)) {
      reject(
        new FaktoryError('LIMIT', 'too many failed logins from this address; try again in some seconds'),
      );
    }
  }
}

function pause(wait: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, wait).unref());
}

function waitAfter(failures: number): number {
  return Math.min(FIRST_WAIT * 2 ** (failures - FREE), LONGEST_WAIT);
}

/** Who has an IPv6 address has a network of them. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::', 2);
  const groups = head.split(':').filter((group) => group !== '');
  const zeros =
    tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter((group) => group !== '').length;
  const whole = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...(tail?.split(':') ?? [])];
  return `${whole.slice(0, 4).join(':')}::/64`;
}
