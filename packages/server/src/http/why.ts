/** Why a job does not run: what stands between it and a worker, said once and in full. */
import { formatTime, type WhyNot } from '@faktory-ts/protocol';
import type { Found } from '../engine/engine.ts';
import type { WorkerRecord } from '../workers/roster.ts';

/** What is known around a job. */
export interface Around {
  /** Its queue is paused. */
  readonly paused: boolean;
  /** Ready jobs that are handed out before it. */
  readonly ahead: number;
  /** Jobs a second that left its queue in the last minute. */
  readonly rateOut: number;
  readonly workers: readonly WorkerRecord[];
}

/** The reason; of a ready job the first that must go. */
export function whyNot(found: Found, around: Around): WhyNot {
  switch (found.place) {
    case 'working':
      return { code: 'running', wid: found.wid ?? '', since: formatTime(found.at) };
    case 'scheduled':
      return { code: 'waiting', until: formatTime(found.at) };
    case 'retries':
      return { code: 'retrying', until: formatTime(found.at) };
    case 'dead':
      return { code: 'dead', until: formatTime(found.at) };
    case 'ready':
      return whyReady(found, around);
  }
}

function whyReady({ queue }: Found, { paused, ahead, rateOut, workers }: Around): WhyNot {
  if (paused) return { code: 'paused', ahead };
  const listening = workers.filter(({ queues }) => queues.includes(queue));
  if (listening.length === 0) return { code: 'no_worker', ahead };
  if (listening.every(({ state }) => state !== 'running')) return { code: 'workers_quiet', ahead };
  if (ahead === 0) return { code: 'next', ahead };
  return { code: 'behind', ahead, ...(rateOut > 0 && { seconds: Math.ceil(ahead / rateOut) }) };
}
