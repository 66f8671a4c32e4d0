/**
 * What QUEUE PAUSE, RESUME, REMOVE and LATENCY mean. Names that are no queue are ignored; `*` is all queues there are.
 */
import type { Engine } from '../engine/engine.ts';

const AT_ONCE = 200; // queues whose oldest jobs are looked for in one turn: nine looks into the index each

/** Seconds that the longest-waiting job of each queue has waited; 0 for an empty or unknown one. */
export async function latency(engine: Engine, names: readonly string[]): Promise<Record<string, number>> {
  const now = engine.clock();
  const waits: [string, number][] = [];
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE);
    const oldest = await Promise.all(some.map((name) => engine.oldest(name)));
    for (const [index, at] of oldest.entries())
      waits.push([some[index] ?? '', at === undefined ? 0 : Math.max(now - at, 0) / 1_000_000]);
  }
  return Object.fromEntries(waits);
}
