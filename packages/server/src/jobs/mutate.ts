/**
 * MUTATE: clears a set, or discards, kills or requeues the entries of a set that match a filter.
 *
 * With `jids` the other filters are ignored; `jobtype` and `regexp` (a Redis glob over the whole
 * wire text) must both match. A killed entry stays dead for 180 days from now. A requeued entry
 * keeps its failure and gets a new `enqueued_at`.
 */
import type { Mutation } from '@faktory-ts/protocol';
import type { Engine, SetChange } from '../engine/engine.ts';
import { DEAD_FOR } from './fail.ts';

/** Changes the matching entries; returns how many. */
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
