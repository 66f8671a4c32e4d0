/**
 * Lists all reads of the reader's thread by name. Each reads one bite and must never write, nor
 * take much longer than 50 ms, because other requests wait meanwhile.
 */

import { failing } from '../commit/failing.ts';
import { pastFaults, pastSteps, pastSum } from '../history/past.ts';
import type { Database } from '../state/binding.ts';
import { ahead, levels } from './levels.ts';
import { pick } from './pick.ts';
import { scan } from './scan.ts';

const readings = { scan, levels, ahead, pastSteps, pastSum, pastFaults, failing, pick };

type Readings = typeof readings;
/** The name of a read. */
export type ReadingName = keyof Readings;
/** The request of a read. */
export type ReadingAsk<Name extends ReadingName> = Parameters<Readings[Name]>[1];
/** The result of a read. */
export type ReadingAnswer<Name extends ReadingName> = ReturnType<Readings[Name]>;

/** Runs a read. Throws INVALID for an invalid request. */
export function read<Name extends ReadingName>(db: Database, name: Name, ask: ReadingAsk<Name>) {
  const reading = readings[name] as (db: Database, ask: ReadingAsk<Name>) => ReadingAnswer<Name>;
  return reading(db, ask);
}
