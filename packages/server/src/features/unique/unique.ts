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
import { PART } from '../../rounds.ts';
import { secondsOf } from '../seconds.ts';
import { canonicalInParts } from './canonical-json.ts';

export const unique: Feature = {
  name: 'unique',
  options: ['unique_for', 'unique_until'],
  onPush: extrasOf,
};

const LONGEST = 50; // characters of an option as it is written; a longer one is wrong
const SECOND = 1_000_000; // µs

function* extrasOf(job: PushedJob): Generator<void, Extras | undefined> {
  const { options, delay } = job;
  const asked = options.get('unique_until') ?? '"success"';
  const until = asked.length > LONGEST ? asked : (JSON.parse(asked) as unknown); // an escape may stand in it
  if (until !== 'success' && until !== 'start')
    throw new FaktoryError('INVALID', `unique_until is ${asked.slice(0, 50)}; use "success" or "start"`);
  const lasts = options.get('unique_for');
  if (lasts === undefined) return undefined; // only unique_for asks for it
  const span = Math.round(secondsOf('unique_for', lasts) * SECOND);
  const key = `unique:${yield* hashOf(job)}`;
  const release: readonly Effect[] = [{ do: 'release', key }];
  return {
    effects: [{ do: 'claim', key, until: { in: delay + span } }],
    consequences: { gone: release, ...(until === 'start' && { taken: release }) },
  };
}

/** Equal jobs have equal hashes. */
function* hashOf({ jobtype, queue, args }: PushedJob): Generator<void, string> {
  const pieces = yield* canonicalInParts(args, PART);
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const hash = createHash('sha256');
  hash.update(`${jobtype.length}:${jobtype}${queue.length}:${queue}${length}:`);
  let hashed = 0;
  for (const piece of pieces) {
    if (hashed >= PART) {
      yield;
      hashed = 0;
    }
    hash.update(piece);
    hashed += piece.length;
  }
  return hash.digest('base64');
}
