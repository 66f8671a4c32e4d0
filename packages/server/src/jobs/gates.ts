/**
 * Asks the features for the gates of a fetch. Without a feature that has gates, a fetch costs nothing more.
 */
import type { Gate, Gates } from '../engine/engine.ts';
import type { Feature } from './feature.ts';

/** The gates of these queues for a worker; undefined: there are none. */
export type GatesOf = (queues: readonly string[], wid: string) => Gates | undefined;

/** Undefined: no feature has gates. */
export function gatesOf(features: readonly Feature[]): GatesOf | undefined {
  const gated = features.filter(({ gates }) => gates !== undefined);
  if (gated.length === 0) return undefined;
  return (queues, wid) => {
    const found = new Map<string, readonly Gate[]>();
    for (const queue of queues) {
      const gates = gated.flatMap((feature) => feature.gates?.(queue, wid) ?? []);
      if (gates.length > 0) found.set(queue, gates);
    }
    return found.size > 0 ? found : undefined;
  };
}
