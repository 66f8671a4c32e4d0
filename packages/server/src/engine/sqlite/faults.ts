/**
 * Failures by kind since the last minute was written: counted in memory where executions end, in a bounded number of kinds. Written by the
 * hour, each kind once with its texts.
 *
 * What a failed commit took back stays counted, as everywhere where jobs are counted.
 */
import { type Fingerprint, fingerprint, type Micros } from '@faktory-ts/protocol';
import type { Fault } from '../engine.ts';
import type { Statement, Value } from './binding.ts';
import { toColumn } from './column.ts';

const MOST = 200; // pairs of kind and jobtype, in memory and in each hour
const HOUR = 3_600_000_000; // µs
const OTHER: Fingerprint = { id: 'other', errtype: 'other', message: '' };

/** What history uses of the store, which has it. */
export interface Home {
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
  add({ errtype, message }: Fault, jobtype: string, jid: string, now: Micros): void {
    const kind = fingerprint(errtype, message);
    this.#add({ kind, jobtype, count: 1, first: now, last: now, jid });
  }

  /** Those of others, later ones than these. */
  merge(later: Faults): void {
    for (const count of later.all()) this.#add(count);
  }

  #add(added: FaultCount): void {
    const key = `${added.kind.id} ${added.jobtype}`;
    const known = this.#counts.get(key);
    if (known) {
      known.count += added.count;
      known.last = added.last;
      known.jid = added.jid;
    } else if (this.#counts.size < MOST || added.kind === OTHER) this.#counts.set(key, added);
    else this.#add({ ...added, kind: OTHER, jobtype: OTHER.id });
  }

  /** Adds them to the hour. Only inside a transaction. */
  write(store: Home, hour: Micros): void {
    const { n } = store.sql('SELECT count(*) AS n FROM fault_hour WHERE at = ?').get(hour) as { n: number };
    let room = MOST - n;
    for (const count of this.#counts.values()) {
      const id = idOf(store, count, count.kind);
      if (!isThere(store, hour, id, count.jobtype) && room-- <= 0) {
        addToHour(store, hour, idOf(store, count, OTHER), OTHER.id, count.count);
      } else addToHour(store, hour, id, count.jobtype, count.count);
    }
  }
}

const NAME = `INSERT INTO fault (fingerprint, errtype, message, first, last, jid) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (fingerprint) DO UPDATE SET last = max(last, excluded.last), jid = excluded.jid RETURNING id`;
const THERE = 'SELECT 1 FROM fault_hour WHERE at = ? AND fault = ? AND jobtype = ?';
const ADD = `INSERT INTO fault_hour (at, fault, jobtype, count) VALUES (?, ?, ?, ?)
  ON CONFLICT (at, fault, jobtype) DO UPDATE SET count = count + excluded.count`;

function idOf(store: Home, { first, last, jid }: FaultCount, kind: Fingerprint): number {
  const { id, errtype, message } = kind;
  const values = [id, toColumn(errtype), toColumn(message), first, last, toColumn(jid)];
  return (store.sql(NAME).get(...values) as { id: number }).id;
}

function isThere(store: Home, hour: Micros, id: number, jobtype: string): boolean {
  return store.sql(THERE).get(hour, id, toColumn(jobtype)) !== undefined;
}

function addToHour(store: Home, hour: Micros, id: number, jobtype: string, count: number): void {
  store.write(ADD, hour, id, toColumn(jobtype), count);
}

const KEPT = 180 * 24 * HOUR;
const OVER = 'DELETE FROM fault_hour WHERE at = (SELECT min(at) FROM fault_hour) AND at < ?';
const UNUSED = 'DELETE FROM fault WHERE last < ?';

/** Forgets the oldest hour if its time is over; says how many rows. */
export function forgetFaults(store: Home): number {
  const over = store.clock() - KEPT;
  const { at } = store.sql('SELECT min(at) AS at FROM fault_hour').get() as { at: number | null };
  if (at === null || at >= over) return 0;
  store.turn.begin();
  const gone = Number(store.sql(OVER).run(over).changes);
  store.write(UNUSED, over - HOUR);
  return gone;
}
