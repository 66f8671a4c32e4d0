/**
 * Expiring jobs: one that no worker has fetched at its time is deleted. It counts neither as processed nor as failed.
 */
import { FaktoryError, parseTime } from '@faktory-ts/protocol';
import type { Extras, Feature, PushedJob } from '../../jobs/feature.ts';
import { secondsOf } from '../seconds.ts';

export const expiring: Feature = {
  name: 'expiry',
  options: ['expires_at', 'expires_in'],
  onPush: extrasOf,
};

const SECOND = 1_000_000; // µs

/** With both options the earlier time counts. */
function extrasOf({ options, now }: PushedJob): Extras {
  const ends: number[] = [];
  const [at, lasts] = [options.get('expires_at'), options.get('expires_in')];
  if (at !== undefined) ends.push(timeOf(at));
  if (lasts !== undefined) ends.push(now + Math.round(secondsOf('expires_in', lasts) * SECOND));
  return { deadline: Math.min(...ends) };
}

function timeOf(text: string): number {
  const value = JSON.parse(text.length > 100 ? '""' : text) as unknown;
  const time = typeof value === 'string' ? parseTime(value) : undefined;
  if (time !== undefined) return time;
  throw new FaktoryError(
    'INVALID',
    `expires_at is ${text.slice(0, 50)}; give a time like 2026-11-30T14:29:55Z`,
  );
}
