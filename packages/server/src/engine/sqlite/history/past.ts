/**
 * Reads history in bites: steps, and kinds of errors. Runs in the reader's thread and must never
 * write.
 */
import type { Micros } from '@faktory-ts/protocol';
import { type Database, rowsOf } from '../state/binding.ts';
import { fromColumn } from '../state/column.ts';
import { type StepSummary, summaryOf, Tally } from './tally.ts';

const LONGEST_BITE = 50; // ms

/** Asks for the steps of history in a span of time. */
export interface PastAsk {
  /** The step's number in the file: 60 or 3600 seconds. */
  readonly step: number;
  readonly from: Micros;
  readonly until: Micros;
  readonly queue?: string | undefined;
  readonly jobtype?: string | undefined;
}

/** A step, with the counts of the asked jobs. */
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

/** Returns one bite of steps. There may be more after the last one. */
export function pastSteps(db: Database, ask: PastAsk): PastStep[] {
  return [...stepsOf(db, ask)].map(({ at, text }) => ({ at, ...summaryOf(text, ask.queue, ask.jobtype) }));
}

/** Returns the sum of one bite of steps as text, and its last step; undefined: there was none. */
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

/** Failures of one kind, by the hour. */
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

/**
 * Returns failures by kind and hour. `next` is the hour to continue from; undefined: there are no
 * more.
 */
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
