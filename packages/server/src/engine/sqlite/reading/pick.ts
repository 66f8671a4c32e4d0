/**
 * Finds the rows of a set that a MUTATE selects by jobtype or pattern. Runs in the reader's thread
 * in bites, because matching a pattern against many or large jobs is slow. It must never write.
 */
import { globInPieces, jobtypeOf, mutationMatcher, wireJob } from '@faktory-ts/protocol';
import { type Database, rowsOf } from '../state/binding.ts';
import { DOCUMENT, documentIn } from '../state/document.ts';
import { place } from '../state/schema.ts';
import { largeJob, PIECE } from './large.ts';
import type { Pieces } from './pieces.ts';

const LONGEST_BITE = 50; // ms, plus one row
const LONGEST_TURN = 10; // ms
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
  readonly document: string | Uint8Array;
  readonly enqueued_at: number;
  readonly failure: string | null;
}

const NEXT = `SELECT id, due, ${DOCUMENT} AS document, enqueued_at, failure FROM job INDEXED BY job_timed
  WHERE place = ? AND place > ${place.ready} AND (due, id) > (?, ?) ORDER BY due, id`;

export interface PickBite {
  /** The ids of the matching rows. */
  readonly ids: number[];
  /** Where the next bite starts; undefined: the set is finished. */
  readonly next: PickMark | undefined;
}

/** Reads one bite. */
export function* pick(db: Database, { code, jobtype, regexp, after }: PickAsk): Pieces<PickBite> {
  const ends = performance.now() + LONGEST_BITE;
  const matches = mutationMatcher({ ...(jobtype && { jobtype }), ...(regexp && { regexp }) });
  const glob = regexp ? globInPieces(regexp) : undefined;
  const ids: number[] = [];
  let [rows, last] = [0, after];
  for (;;) {
    const turn = performance.now();
    let [large, over]: [(Job & PickMark) | undefined, boolean] = [undefined, false];
    for (const row of rowsOf(db, NEXT, code, last.due, last.id) as Iterable<Row>) {
      last = { due: row.due, id: row.id };
      rows += 1;
      const job = { ...row, document: documentIn(row.document) };
      if (job.document.length + (job.failure?.length ?? 0) > PIECE) large = job;
      else if (matches(jobtypeOf(job.document), () => textOf(job))) ids.push(job.id);
      over = large !== undefined || rows >= MOST_ROWS || performance.now() - turn > LONGEST_TURN;
      if (over) break;
    }
    if (!over) return { ids, next: undefined };
    if (large) {
      yield;
      if (yield* matchesLarge(large, jobtype, glob)) ids.push(large.id);
    }
    if (rows >= MOST_ROWS || performance.now() > ends) return { ids, next: last };
    yield;
  }
}

/** The texts of a row. */
type Job = Omit<Row, 'document'> & { readonly document: string };

function* matchesLarge(
  job: Job,
  jobtype: string | undefined,
  glob: ReturnType<typeof globInPieces> | undefined,
): Pieces<boolean> {
  if (jobtype && (yield* largeJob(job.document)).jobtype !== jobtype) return false;
  return glob === undefined || (yield* glob(textOf(job)));
}

const textOf = ({ document, enqueued_at, failure }: Job): string =>
  wireJob(document, enqueued_at || undefined, failure ?? undefined);
