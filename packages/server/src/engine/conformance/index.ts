/**
 * The conformance suite: tests what every engine must do, written against the interfaces of
 * engine.ts alone. A second engine runs it unchanged:
 *
 *   exerciseEngine('Redis', async (options) => ({ backend, reopen, dispose }));
 *
 * `Open` in scene.ts says what such a function returns. The suite needs `Finder` and `History`; it skips the
 * tests of `Archive` where a store has none.
 */
import { describe } from 'vitest';
import { exerciseArchive } from './archive.ts';
import { exerciseAttempts } from './attempts.ts';
import { exerciseClock } from './clock.ts';
import { exerciseEffects } from './effects.ts';
import { exerciseEvict } from './evict.ts';
import { exerciseFetch } from './fetch.ts';
import { exerciseFigures } from './figures.ts';
import { exerciseFind } from './find.ts';
import { exerciseGates } from './gates.ts';
import { exerciseHistory } from './history.ts';
import { exerciseLeases } from './leases.ts';
import { exercisePush } from './push.ts';
import { exerciseQueues } from './queues.ts';
import { exerciseRaces } from './races.ts';
import { exerciseRestart } from './restart.ts';
import type { Open } from './scene.ts';
import { exerciseSets } from './sets.ts';
import { exerciseSettle } from './settle.ts';
import { exerciseShared } from './shared.ts';
import { exerciseTime } from './time.ts';
import { exerciseUndo } from './undo.ts';

export function exerciseEngine(name: string, open: Open): void {
  describe(`${name} engine`, () => {
    exercisePush(open);
    exerciseClock(open);
    exerciseFetch(open);
    exerciseSettle(open);
    exerciseAttempts(open);
    exerciseTime(open);
    exerciseLeases(open);
    exerciseSets(open);
    exerciseShared(open);
    exerciseQueues(open);
    exerciseFigures(open);
    exerciseFind(open);
    exerciseEffects(open);
    exerciseGates(open);
    exerciseEvict(open);
    exerciseUndo(open);
    exerciseHistory(open);
    exerciseRaces(open);
    exerciseRestart(open);
    exerciseArchive(open);
  });
}
