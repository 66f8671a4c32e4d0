/**
 * What MUTATE means: clear, discard, kill or requeue the entries of a set that a filter picks.
 *
 * jids win over the other filters; jobtype and regexp (a Redis glob over the whole wire text) must both hold. A killed
 * entry gets a fresh 180 days; a requeued one keeps its failure and gets a fresh enqueued_at.
 */
import type { Mutation } from '@faktory-ts/protocol';
import type { Engine, SetChange } from '../engine/engine.ts';
import { DEAD_FOR } from './fail.ts';

/** Changes the picked entries; says how many. */
export function mutate(engine: Engine, { cmd, target, filter }: Mutation): Promise<number> {
  const picked = cmd === 'clear' ? undefined : filter;
  const jids = picked?.jids?.length ? picked.jids : undefined;
  const change: SetChange = {
    set: target,
    change: cmd === 'clear' ? 'discard' : cmd,
    jids,
    ...(!jids && { jobtype: picked?.jobtype, regexp: picked?.regexp }),
    deadFor: DEAD_FOR,
  };
  return engine.mutate(change);
}
