/**
 * How much of the audit log a caller may fill. Beyond that its entries are counted, and told once a minute as one entry with `times`: so
 * nobody can push older entries out of the log by doing, or trying, very much.
 *
 * What was refused has less room than what was done, and all callers together have a budget for it: addresses are cheap.
 */
import { networkOf } from '../network.ts';
import type { Deed } from './deed.ts';

/** Bytes at once, and bytes a second. */
interface Rate {
  readonly burst: number;
  readonly refill: number;
}

const DONE: Rate = { burst: 64_000, refill: 200 }; // 17 MB a day
const REFUSED: Rate = { burst: 8000, refill: 20 };
const ALL_REFUSED: Rate = { burst: 64_000, refill: 200 };
const MOST_CALLERS = 10_000;
const MOST_COUNTED = 20; // kinds of entries in a minute; the rest is one

/** Entries of a kind that were not written one by one. */
export interface Counted {
  readonly deed: Deed;
  readonly times: number;
}

class Bucket {
  readonly #rate: Rate;
  #left: number;
  #at = performance.now();

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#left = rate.burst;
  }

  /** Whether there is room for so many bytes now. */
  has(bytes: number): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#rate.burst, this.#left + ((now - this.#at) / 1000) * this.#rate.refill);
    this.#at = now;
    return this.#left >= bytes;
  }

  take(bytes: number): void {
    this.#left -= bytes;
  }
}

export class AuditBudget {
  /** By caller, the one that wrote last at the end. */
  readonly #buckets = new Map<string, Bucket>();
  readonly #refused = new Bucket(ALL_REFUSED);
  #counted = new Map<string, Counted>();

  /** Whether an entry may be written; else it is counted. */
  allows(deed: Deed, bytes: number): boolean {
    const buckets = [this.#bucketOf(deed), ...(deed.ok ? [] : [this.#refused])];
    if (buckets.every((bucket) => bucket.has(bytes))) {
      for (const bucket of buckets) bucket.take(bytes);
      return true;
    }
    this.#count(deed);
    return false;
  }

  /** What was counted since the last question. */
  takeCounted(): Counted[] {
    const counted = [...this.#counted.values()];
    this.#counted = new Map();
    return counted;
  }

  #count({ who, from, did, ok }: Deed): void {
    const own = JSON.stringify([who, from, did, ok]);
    const other = !this.#counted.has(own) && this.#counted.size >= MOST_COUNTED;
    const deed = other
      ? { who: 'others', from: '', did: '', what: '', ok }
      : { who, from, did, what: '', ok };
    const key = other ? `others ${ok}` : own;
    this.#counted.set(key, { deed, times: (this.#counted.get(key)?.times ?? 0) + 1 });
  }

  #bucketOf({ who, from, ok }: Deed): Bucket {
    const key = `${ok} ${networkOf(from)} ${who}`;
    const bucket = this.#buckets.get(key) ?? new Bucket(ok ? DONE : REFUSED);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_CALLERS && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}
