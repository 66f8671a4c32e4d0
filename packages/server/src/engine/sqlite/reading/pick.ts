/**
 * Finds the rows of a set that a MUTATE selects by jobtype or pattern. Runs in the reader's thread
 * in bites, because matching a pattern against many or large jobs is slow. It must never write.
 */
import { jobtypeOf, mutationMatcher, wireJob } from '@faktory-ts/protocol';
import { type Database, rowsOf } from '../state/binding.ts';
import { place } from '../state/schema.ts';

const LONGEST_BITE = 50; // ms, plus one row
const MOST_ROWS = 10_000;

/** The last row of a bite; the next bite starts after it. */
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
  /** The ids of the matching rows. */
  readonly ids: number[];
  /** Where the next bite starts; undefined: the set is finished. */
  readonly next: PickMark | undefined;
}

/** Reads one bite. */
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
