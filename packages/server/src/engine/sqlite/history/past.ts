/**
 * History as the reader's thread reads it: bites of steps, and of kinds of errors. It must never write.
 */
import type { Micros } from '@faktory-ts/protocol';
import { type Database, rowsOf } from '../state/binding.ts';
import { fromColumn } from '../state/column.ts';
import { type StepSummary, summaryOf, Tally } from './tally.ts';

const LONGEST_BITE = 50; // ms

/** Steps of history from a time on. */
export interface PastAsk {
  /** As the file has it. */
  readonly step: number;
  readonly from: Micros;
  readonly until: Micros;
  readonly queue?: string | undefined;
  readonly jobtype?: string | undefined;
}

/** One of them, with what happened to the asked jobs. */
export interface PastStep extends StepSummary {
  readonly at: Micros;
}

const STEPS = 'SELECT at, text FROM history WHERE step = ? AND at >= ? AND at < ? ORDER BY at';

function* stepsOf(db: Database, { step, from, until }: PastAsk): Generator<{ at: Micros; text: string }> {
  const ends = performance.now() + LONGEST_BITE;
  for (const row of rowsOf(db, STEPS, step, from, until)) {
    yield row as { at: number; text: string };
    if (performance.now() > ends) return;
  }
}

/** Step by step. There may be more behind the last one. */
export function pastSteps(db: Database, ask: PastAsk): PastStep[] {
  return [...stepsOf(db, ask)].map(({ at, text }) => ({ at, ...summaryOf(text, ask.queue, ask.jobtype) }));
}

/** The sum of steps as a text of its own, and the last step that is in it; undefined: there was none. */
export function pastSum(
  db: Database,
  ask: PastAsk,
): { readonly text: string; readonly last: Micros | undefined } {
  const sum = new Tally();
  let last: Micros | undefined;
  for (const { at, text } of stepsOf(db, ask)) {
    sum.addText(text);
    last = at;
  }
  return { text: sum.text(), last };
}

/** Failures of one kind in hours. */
export interface PastFault {
  readonly id: string;
  readonly errtype: string;
  readonly message: string;
  readonly sample: string;
  readonly first: Micros;
  readonly last: Micros;
  readonly jid: string;
  readonly jobtypes: readonly string[];
  readonly hours: readonly { readonly at: Micros; readonly count: number }[];
}

interface FaultRow {
  readonly fingerprint: string;
  readonly errtype: string;
  readonly message: string;
  readonly sample: string;
  readonly first: number;
  readonly last: number;
  readonly jid: string;
}

interface HourRow {
  readonly at: number;
  readonly fault: number;
  readonly jobtype: string;
  readonly count: number;
}

const HOURS = 'SELECT at, fault, jobtype, count FROM fault_hour WHERE at >= ? AND at < ? ORDER BY at';
const FAULT = 'SELECT fingerprint, errtype, message, sample, first, last, jid FROM fault WHERE id = ?';

/** By kind, hour by hour from a time on until another. `next` is the hour to go on from; undefined: that was all. */
export function pastFaults(
  db: Database,
  { from, until }: { readonly from: Micros; readonly until: Micros },
): { readonly faults: PastFault[]; readonly next: Micros | undefined } {
  const ends = performance.now() + LONGEST_BITE;
  const known = new Map<number, { readonly jobtypes: Set<string>; readonly hours: Map<Micros, number> }>();
  let [hour, next]: [Micros | undefined, Micros | undefined] = [undefined, undefined];
  for (const { at, fault, jobtype, count } of rowsOf(db, HOURS, from, until) as Iterable<HourRow>) {
    if (at !== hour && hour !== undefined && performance.now() > ends) {
      next = at;
      break;
    }
    hour = at;
    const found = known.get(fault) ?? { jobtypes: new Set(), hours: new Map() };
    known.set(fault, found);
    found.jobtypes.add(jobtype);
    found.hours.set(at, (found.hours.get(at) ?? 0) + count);
  }
  const naming = db.prepare(FAULT);
  const faults = [...known].map(([id, { jobtypes, hours }]): PastFault => {
    const row = naming.get(id) as FaultRow;
    return {
      id: row.fingerprint,
      errtype: fromColumn(row.errtype),
      message: fromColumn(row.message),
      sample: fromColumn(row.sample),
      first: row.first,
      last: row.last,
      jid: fromColumn(row.jid),
      jobtypes: [...jobtypes].map(fromColumn),
      hours: [...hours].map(([at, count]) => ({ at, count })),
    };
  });
  return { faults, next };
}
