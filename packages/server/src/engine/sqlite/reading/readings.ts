/**
 * All that the reader's thread can be asked for, by name. Each reads one bite and must never write, nor keep the thread for much longer
 * than a search's bite: others wait meanwhile.
 */

import { failing } from '../commit/failing.ts';
import { pastFaults, pastSteps, pastSum } from '../history/past.ts';
import type { Database } from '../state/binding.ts';
import { ahead, levels } from './levels.ts';
import { pick } from './pick.ts';
import { scan } from './scan.ts';

const readings = { scan, levels, ahead, pastSteps, pastSum, pastFaults, failing, pick };

type Readings = typeof readings;
/** The name of one of them. */
export type ReadingName = keyof Readings;
/** What it is asked. */
export type ReadingAsk<Name extends ReadingName> = Parameters<Readings[Name]>[1];
/** What it gives. */
export type ReadingAnswer<Name extends ReadingName> = ReturnType<Readings[Name]>;

/** Does one. Throws INVALID for what makes no sense. */
export function read<Name extends ReadingName>(db: Database, name: Name, ask: ReadingAsk<Name>) {
  const reading = readings[name] as (db: Database, ask: ReadingAsk<Name>) => ReadingAnswer<Name>;
  return reading(db, ask);
}
