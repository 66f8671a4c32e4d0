/**
 * Which rows of a set a MUTATE picks by jobtype or pattern: read in the reader's thread, a bite at a time, because a pattern over
 * many or large jobs takes long however it is matched. It must never write.
 */
import { jobtypeOf, mutationMatcher, wireJob } from '@faktory-ts/protocol';
import { type Database, rowsOf } from '../state/binding.ts';
import { place } from '../state/schema.ts';

const LONGEST_BITE = 50; // ms, and one row more
const MOST_ROWS = 10_000;

/** Behind which row of the set to go on. */
export interface PickMark {
  readonly due: number;
  readonly id: number;
}

export interface PickAsk {
  /** The place code of the set. */
  readonly code: number;
  readonly jobtype?: string | undefined;
  readonly regexp?: string | undefined;
  readonly after: PickMark;
}

interface Row extends PickMark {
  readonly document: string;
  readonly enqueued_at: number;
  readonly failure: string | null;
}

const NEXT = `SELECT id, due, document, enqueued_at, failure FROM job INDEXED BY job_timed
  WHERE place = ? AND place > ${place.ready} AND (due, id) > (?, ?) ORDER BY due, id`;

export interface PickBite {
  /** Of the picked rows. */
  readonly ids: number[];
  /** Where to go on; undefined: the set is through. */
  readonly next: PickMark | undefined;
}

/** Does one bite. */
export function pick(db: Database, { code, jobtype, regexp, after }: PickAsk): PickBite {
  const ends = performance.now() + LONGEST_BITE;
  const matches = mutationMatcher({ ...(jobtype && { jobtype }), ...(regexp && { regexp }) });
  const ids: number[] = [];
  let rows = 0;
  for (const row of rowsOf(db, NEXT, code, after.due, after.id) as Iterable<Row>) {
    if (matches(jobtypeOf(row.document), () => textOf(row))) ids.push(row.id);
    if (++rows >= MOST_ROWS || performance.now() > ends) return { ids, next: { due: row.due, id: row.id } };
  }
  return { ids, next: undefined };
}

const textOf = ({ document, enqueued_at, failure }: Row): string =>
  wireJob(document, enqueued_at || undefined, failure ?? undefined);
