/**
 * What QUEUE PAUSE, RESUME, REMOVE and LATENCY mean. Names that are no queue are ignored; `*` is all queues there are.
 */
import type { Engine } from '../engine/engine.ts';

/** Seconds that the longest-waiting job of each queue has waited; 0 for an empty or unknown one. */
export async function latency(engine: Engine, names: readonly string[]): Promise<Record<string, number>> {
  const now = engine.clock();
  const waits = names.map(async (name): Promise<[string, number]> => {
    const oldest = await engine.oldest(name);
    return [name, oldest === undefined ? 0 : Math.max(now - oldest, 0) / 1_000_000];
  });
  return Object.fromEntries(await Promise.all(waits));
}
