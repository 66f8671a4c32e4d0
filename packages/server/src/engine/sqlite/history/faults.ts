/**
 * Counts failures by kind and jobtype in memory, and adds them to the file once a minute, by the
 * hour. Their number is bounded. Each kind's texts are stored once.
 *
 * Note: failures of a rolled-back commit stay counted, as in all counters of the meter.
 */
import {
  type Fingerprint,
  fingerprint,
  fingerprintOfType,
  type Micros,
  sampleOf,
} from '@faktory-ts/protocol';
import type { JobError } from '../../engine.ts';
import type { Statement, Value } from '../state/binding.ts';
import { toColumn } from '../state/column.ts';

// Pairs of kind and jobtype, in memory and in each stored hour. From `MOST` on only the errtype
// makes a kind; from `MOST_WITH_TYPES` on all new pairs are one. Each of the hours of 180 days may
// be full, at 300 bytes a pair.
const MOST = 500;
const MOST_WITH_TYPES = 700;
const HOUR = 3_600_000_000; // µs
const OTHER: Fingerprint = { id: 'other', errtype: 'other', message: '' };

/** The members of the store that the history uses. */
export interface FaultStore {
  readonly turn: { begin(): void; run<T>(operation: () => T): Promise<T> };
  readonly clock: () => Micros;
  sql(text: string): Statement;
  write(text: string, ...values: Value[]): void;
}

/** The failures of one kind and jobtype. */
export interface FaultCount {
  readonly kind: Fingerprint;
  readonly jobtype: string;
  count: number;
  readonly first: Micros;
  last: Micros;
  /** The jid of the last failure. */
  jid: string;
  sample: string;
}

/**
 * The ways to count a failure, the most exact first, each with the number of pairs that it is
 * allowed below.
 */
function waysOf<Count extends Pick<FaultCount, 'kind' | 'jobtype'>>(
  count: Count,
): [count: Count, most: number][] {
  const { kind } = count;
  if (kind.id === OTHER.id) return [[count, Number.POSITIVE_INFINITY]];
  return [
    [count, kind.message === '*' ? MOST_WITH_TYPES : MOST],
    [{ ...count, kind: fingerprintOfType(kind.errtype) }, MOST_WITH_TYPES],
    [{ ...count, kind: OTHER, jobtype: OTHER.id, sample: '' }, Number.POSITIVE_INFINITY],
  ];
}

export class Faults {
  readonly #counts = new Map<string, FaultCount>();

  get empty(): boolean {
    return this.#counts.size === 0;
  }

  all(): FaultCount[] {
    return [...this.#counts.values()];
  }

  /** Counts a failed execution. */
  add({ errtype, message }: JobError, jobtype: string, jid: string, now: Micros): void {
    const kind = fingerprint(errtype, message);
    this.#add({ kind, jobtype, count: 1, first: now, last: now, jid, sample: sampleOf(message) });
  }

  /** Adds the failures of `later`, which must be later ones. */
  merge(later: Faults): void {
    for (const count of later.all()) this.#add(count);
  }

  #add(counted: FaultCount): void {
    for (const [added, most] of waysOf(counted)) {
      const key = `${added.kind.id} ${added.jobtype}`;
      const known = this.#counts.get(key);
      if (!known && this.#counts.size >= most) continue;
      if (!known) this.#counts.set(key, added);
      else {
        known.count += added.count;
        known.last = added.last;
        known.jid = added.jid;
        known.sample = added.sample;
      }
      return;
    }
  }

  /** Adds the failures to the stored hour. Only inside a transaction. */
  write(store: FaultStore, hour: Micros): void {
    let { n } = store.sql('SELECT count(*) AS n FROM fault_hour WHERE at = ?').get(hour) as { n: number };
    for (const counted of this.#counts.values()) {
      for (const [count, most] of waysOf(counted)) {
        const there = isThere(store, hour, count);
        if (!there && n >= most) continue;
        if (!there) n += 1;
        store.write(ADD, hour, idOf(store, count), toColumn(count.jobtype), count.count);
        break;
      }
    }
  }
}

const NAME = `INSERT INTO fault (fingerprint, errtype, message, sample, first, last, jid) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (fingerprint)
  DO UPDATE SET last = max(last, excluded.last), jid = excluded.jid, sample = excluded.sample RETURNING id`;
const THERE = `SELECT 1 FROM fault_hour WHERE at = ? AND jobtype = ?
  AND fault = (SELECT id FROM fault WHERE fingerprint = ?)`;
const ADD = `INSERT INTO fault_hour (at, fault, jobtype, count) VALUES (?, ?, ?, ?)
  ON CONFLICT (at, fault, jobtype) DO UPDATE SET count = count + excluded.count`;

function idOf(store: FaultStore, { kind, first, last, jid, sample }: FaultCount): number {
  const { id, errtype, message } = kind;
  const texts = [id, toColumn(errtype), toColumn(message), toColumn(sample)];
  return (store.sql(NAME).get(...texts, first, last, toColumn(jid)) as { id: number }).id;
}

function isThere(store: FaultStore, hour: Micros, { kind, jobtype }: FaultCount): boolean {
  return store.sql(THERE).get(hour, toColumn(jobtype), kind.id) !== undefined;
}

const KEPT = 180 * 24 * HOUR;
const OVER = 'DELETE FROM fault_hour WHERE at = (SELECT min(at) FROM fault_hour) AND at < ?';
const UNUSED = 'DELETE FROM fault WHERE last < ?';

/** Deletes the oldest stored hour when it has expired. Returns how many rows. */
export function expireFaults(store: FaultStore): number {
  const over = store.clock() - KEPT;
  const { at } = store.sql('SELECT min(at) AS at FROM fault_hour').get() as { at: number | null };
  if (at === null || at >= over) return 0;
  store.turn.begin();
  const gone = Number(store.sql(OVER).run(over).changes);
  store.write(UNUSED, over - HOUR);
  return gone;
}
