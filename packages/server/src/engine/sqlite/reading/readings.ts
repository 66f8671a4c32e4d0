/**
 * Lists all reads of the reader's thread by name. Each reads one bite and must never write. A piece of it
 * must not take longer than 30 ms, because other requests wait meanwhile.
 */

import { failing } from '../commit/failing.ts';
import { pastFaults, pastSteps, pastSum } from '../history/past.ts';
import type { Database } from '../state/binding.ts';
import { ahead, levels } from './levels.ts';
import { pick } from './pick.ts';
import type { Pieces } from './pieces.ts';
import { scan } from './scan.ts';

const readings = { scan, levels, ahead, pastSteps, pastSum, pastFaults, failing, pick };

type Readings = typeof readings;
/** The name of a read. */
export type ReadingName = keyof Readings;
/** The request of a read. */
export type ReadingAsk<Name extends ReadingName> = Parameters<Readings[Name]>[1];
/** The result of a read. */
export type ReadingAnswer<Name extends ReadingName> =
  ReturnType<Readings[Name]> extends Pieces<infer Answer> ? Answer : ReturnType<Readings[Name]>;

/** The reads that may keep a large text between two pieces. */
export const KEEPS_TEXT: ReadonlySet<ReadingName> = new Set(['scan', 'pick'] as const);

/** Runs a read. Throws INVALID for an invalid request. */
export function* read<Name extends ReadingName>(
  db: Database,
  name: Name,
  ask: ReadingAsk<Name>,
): Pieces<ReadingAnswer<Name>> {
  type Made = ReadingAnswer<Name> | Pieces<ReadingAnswer<Name>>;
  const reading = readings[name] as (db: Database, ask: ReadingAsk<Name>) => Made;
  const made = reading(db, ask);
  return isPieces<ReadingAnswer<Name>>(made) ? yield* made : made;
}

function isPieces<Answer>(made: Answer | Pieces<Answer>): made is Pieces<Answer> {
  return (
    typeof made === 'object' &&
    made !== null &&
    Symbol.iterator in made &&
    'next' in made &&
    typeof made.next === 'function'
  );
}
