/**
 * The latency of queues: how long their longest-waiting job has waited.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Finder } from '../engine/engine.ts';

const AT_ONCE = 200; // queues in one turn, each with nine look-ups in the index (one per priority)

/** Returns the latency of each queue in seconds; 0 for an empty or unknown queue. */
export async function latency(
  finder: Finder,
  now: Micros,
  names: readonly string[],
): Promise<Record<string, number>> {
  const waits: [string, number][] = [];
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE);
    const oldest = await Promise.all(some.map((name) => finder.oldest(name)));
    for (const [index, at] of oldest.entries())
      waits.push([some[index] ?? '', at === undefined ? 0 : Math.max(now - at, 0) / 1_000_000]);
  }
  return Object.fromEntries(waits);
}
