/**
 * The services that a feature may use: it reads what it keeps, commits effects, and pushes jobs by the rules of PUSH.
 */
import { FaktoryError, formatTime } from '@faktory-ts/protocol';
import type { Effect, Entry } from '../engine/engine.ts';
import type { Logger } from '../log.ts';
import type { FeatureServices } from './feature.ts';
import { checkedEntry, type PushServices } from './push.ts';

const MOST = 1000; // keys of a scan, and jobs of a push: some ms of the commit that all others wait for

/** `refusal`: why the server takes no pushes now. */
export function featureServices(
  { engine, tail, extras }: PushServices,
  log: Logger,
  refusal: () => FaktoryError | undefined,
): FeatureServices {
  const check = (entries: readonly Entry[]): void => {
    const error = entries.length > 0 ? refusal() : undefined;
    if (error) throw error;
    if (entries.length <= MOST) return;
    throw new FaktoryError(
      'LIMIT',
      `${entries.length} jobs in one push, at most ${MOST} are taken; split them`,
    );
  };
  return {
    clock: engine.clock,
    log,
    read: (keys) => engine.read(keys),
    scan: (prefix, after, limit) => engine.scan(prefix, after, Math.min(limit, MOST)),
    async apply(effects) {
      const entries = pushedBy(effects);
      check(entries);
      await engine.apply(effects);
      tail.pushed(entries);
    },
    entry(job, more = {}) {
      const now = engine.clock();
      return checkedEntry(job, now, formatTime(now), extras, more);
    },
    async push(entries) {
      check(entries);
      const refused = await engine.push(entries);
      const out = new Set(refused.map(({ index }) => index));
      tail.pushed(entries.filter((_, index) => !out.has(index)));
      return refused;
    },
    extend: (held, span) => engine.extend(held, span),
  };
}

const pushedBy = (effects: readonly Effect[]): readonly Entry[] =>
  effects.flatMap((effect) => (effect.do === 'push' ? effect.entries : []));
