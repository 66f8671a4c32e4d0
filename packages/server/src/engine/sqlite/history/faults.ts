/**
 * Failures by kind since the last minute was written: counted in memory where executions end, in a bounded number of kinds. Written by the
 * hour, each kind once with its texts.
 *
 * What a failed commit took back stays counted, as everywhere where jobs are counted.
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

// Pairs of kind and jobtype, in memory and in each hour: above the first number only the errtype makes a kind, above the second all are
// one. Each hour of 180 days may be full, at some 300 bytes a pair.
const MOST = 500;
const MOST_WITH_TYPES = 700;
const HOUR = 3_600_000_000; // µs
const OTHER: Fingerprint = { id: 'other', errtype: 'other', message: '' };

/** What history uses of the store, which has it. */
export interface FaultStore {
  readonly turn: { begin(): void; run<T>(operation: () => T): Promise<T> };
  readonly clock: () => Micros;
  sql(text: string): Statement;
  write(text: string, ...values: Value[]): void;
}

/** Failures of one kind and jobtype. */
export interface FaultCount {
  readonly kind: Fingerprint;
  readonly jobtype: string;
  count: number;
  readonly first: Micros;
  last: Micros;
  /** Of the last one. */
  jid: string;
  sample: string;
}

/** As what a failure may be counted, the exactest first, and up to how many there may be then. */
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

  /** An execution failed. */
  add({ errtype, message }: JobError, jobtype: string, jid: string, now: Micros): void {
    const kind = fingerprint(errtype, message);
    this.#add({ kind, jobtype, count: 1, first: now, last: now, jid, sample: sampleOf(message) });
  }

  /** Those of others, later ones than these. */
  merge(later: Faults): void {
    for (const count of later.all()) this.#add(count);
  }

  #add(told: FaultCount): void {
    for (const [added, most] of waysOf(told)) {
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

  /** Adds them to the hour. Only inside a transaction. */
  write(store: FaultStore, hour: Micros): void {
    let { n } = store.sql('SELECT count(*) AS n FROM fault_hour WHERE at = ?').get(hour) as { n: number };
    for (const told of this.#counts.values()) {
      for (const [count, most] of waysOf(told)) {
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

/** Forgets the oldest hour if its time is over; says how many rows. */
export function forgetFaults(store: FaultStore): number {
  const over = store.clock() - KEPT;
  const { at } = store.sql('SELECT min(at) AS at FROM fault_hour').get() as { at: number | null };
  if (at === null || at >= over) return 0;
  store.turn.begin();
  const gone = Number(store.sql(OVER).run(over).changes);
  store.write(UNUSED, over - HOUR);
  return gone;
}
