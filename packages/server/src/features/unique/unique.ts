/**
 * Unique jobs: while one job holds the name of its jobtype, queue and arguments, a push of an equal job is refused.
 *
 * The name is free again after `unique_for`, when the job succeeds (or starts, with `unique_until` start), and when the job leaves the
 * store in any other way. A dead job keeps it.
 */
import { createHash } from 'node:crypto';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Effect } from '../../engine/engine.ts';
import type { Extras, Feature, PushedJob } from '../../jobs/feature.ts';
import { secondsOf } from '../seconds.ts';
import { canonicalJson } from './canonical-json.ts';

export const unique: Feature = {
  name: 'unique',
  options: ['unique_for', 'unique_until'],
  onPush: extrasOf,
};

const SECOND = 1_000_000; // µs

function extrasOf({ options, jobtype, queue, args, delay }: PushedJob): Extras | undefined {
  const until = options.get('unique_until') ?? '"success"';
  if (until !== '"success"' && until !== '"start"')
    throw new FaktoryError('INVALID', `unique_until is ${until.slice(0, 50)}; use "success" or "start"`);
  const lasts = options.get('unique_for');
  if (lasts === undefined) return undefined; // only unique_for asks for it
  const span = Math.round(secondsOf('unique_for', lasts) * SECOND);
  const hash = createHash('sha256');
  for (const part of [jobtype, queue, canonicalJson(args)]) hash.update(`${part.length}:${part}`);
  const key = `unique:${hash.digest('base64')}`;
  const release: readonly Effect[] = [{ do: 'release', key }];
  return {
    effects: [{ do: 'claim', key, until: { in: delay + span } }],
    consequences: { gone: release, ...(until === '"start"' && { taken: release }) },
  };
}
