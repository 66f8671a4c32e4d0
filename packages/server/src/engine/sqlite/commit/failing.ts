/**
 * Counts the jobs in retries and dead by kind of error, for the page of errors. Runs in the
 * reader's thread.
 */
import { fingerprint, jobtypeOf, type Micros, sampleOf } from '@faktory-ts/protocol';
import { errorOf } from '../reading/matching.ts';
import { type Database, rowsOf } from '../state/binding.ts';
import { fromColumn } from '../state/column.ts';
import { DOCUMENT, documentIn } from '../state/document.ts';
import { place } from '../state/schema.ts';

const LONGEST_BITE = 50; // ms
const MOST_TYPES = 100; // jobtypes listed for one kind
const LEAST = 200; // jobs in a bite, so that a bite makes progress even when the processor is busy
const MOST_UNITS = 1024 * 1024; // UTF-16 units of read jobs, after which the bite ends: reading 200 jobs of 8 MB takes 2 s

/** The last job of a bite; the next bite starts after it. */
export interface FailingMark {
  readonly place: number;
  readonly due: number;
  readonly id: number;
}

/** The jobs that failed with one kind of error. */
export interface FailingGroup {
  readonly id: string;
  readonly errtype: string;
  readonly message: string;
  sample: string;
  jobtypes: string[];
  retries: number;
  dead: number;
  first: Micros;
  last: Micros;
  jid: string;
}

interface Row {
  id: number;
  due: number;
  seq: number;
  jid: string;
  document: string | Uint8Array;
  failure: string | null;
}

const NEXT = `SELECT id, due, seq, jid, ${DOCUMENT} AS document, failure FROM job INDEXED BY job_timed
  WHERE place = ? AND place > ${place.ready} AND (due, id) > (?, ?) ORDER BY due, id`;

/** Reads at most `most` jobs after `from`, and for at most 50 ms once it has read 200. */
export function failing(
  db: Database,
  { from, most }: { readonly from: FailingMark | undefined; readonly most: number },
): { readonly groups: FailingGroup[]; readonly looked: number; readonly next: FailingMark | undefined } {
  const ends = performance.now() + LONGEST_BITE;
  const groups = new Map<string, FailingGroup>();
  let [looked, units] = [0, 0];
  const mark = from ?? { place: place.retries, due: -1, id: -1 };
  for (const code of mark.place === place.retries ? [place.retries, place.dead] : [place.dead]) {
    const [due, id] = code === mark.place ? [mark.due, mark.id] : [-1, -1];
    for (const row of rowsOf(db, NEXT, code, due, id) as Iterable<Row>) {
      const document = documentIn(row.document);
      if (row.failure !== null) add(groups, { ...row, document }, row.failure, code === place.dead);
      looked += 1;
      units += document.length + (row.failure?.length ?? 0);
      const full = looked >= most || units >= MOST_UNITS || (looked >= LEAST && performance.now() > ends);
      if (full)
        return { groups: [...groups.values()], looked, next: { place: code, due: row.due, id: row.id } };
    }
  }
  return { groups: [...groups.values()], looked, next: undefined };
}

function add(
  groups: Map<string, FailingGroup>,
  row: Row & { document: string },
  failure: string,
  dead: boolean,
): void {
  const { errtype, message } = errorOf(failure);
  const kind = fingerprint(errtype, message);
  const { seq, jid } = row;
  const made = {
    ...kind,
    sample: sampleOf(message),
    jobtypes: [],
    retries: 0,
    dead: 0,
    first: seq,
    last: seq,
    jid: fromColumn(jid),
  };
  const group: FailingGroup = groups.get(kind.id) ?? made;
  groups.set(kind.id, group);
  if (dead) group.dead += 1;
  else group.retries += 1;
  const jobtype = jobtypeOf(row.document);
  if (group.jobtypes.length < MOST_TYPES && !group.jobtypes.includes(jobtype)) group.jobtypes.push(jobtype);
  group.first = Math.min(group.first, seq);
  group.last = Math.max(group.last, seq);
}
