/**
 * Reads one job of a Faktory as a job of a dump. The text of the job is not changed.
 *
 * Note: Redis has a time twice: exactly in the job, and as the score, whose double is precise to a
 * quarter of a microsecond. When the two differ by more than 1 ms, the score counts.
 */
import {
  checkJob,
  FaktoryError,
  formatTime,
  type JobText,
  jsonMembers,
  type Micros,
  parseJob,
  parseTime,
} from '@faktory-ts/protocol';
import type { DumpedJob } from '@faktory-ts/server';
import type { SetName } from './keys.ts';
import type { Scored } from './source.ts';

/** A job that can be loaded, with facts for the report. */
export interface Taken {
  readonly dumped: DumpedJob;
  readonly queue: string;
  /** Whether it belongs to a batch, which this server does not support. */
  readonly batched: boolean;
}

/** Reads a job of a queue. Throws MALFORMED or INVALID when it cannot be loaded. */
export function readyJob(bytes: Buffer): Taken {
  const { job, parsed } = jobOf(String(bytes));
  return taken({ place: 'ready', job }, parsed);
}

/** Reads a job of a set. Throws as readyJob does. */
export function timedJob(set: SetName, { member, score }: Scored): Taken {
  if (set === 'working') return workingJob(member);
  const { job, parsed } = jobOf(String(member));
  const said = set === 'scheduled' ? parsed.at : set === 'retries' ? nextTry(parsed) : undefined;
  return taken({ place: set, at: formatTime(due(score, said)), job }, parsed);
}

/** Reads the job inside a reservation. */
function workingJob(member: Buffer): Taken {
  const held = jsonMembers(String(member)).get('job');
  if (!held?.startsWith('{')) throw new FaktoryError('MALFORMED', 'a reservation without a job');
  const { job, parsed } = jobOf(held);
  return taken({ place: 'working', job }, parsed);
}

function jobOf(text: string): { job: string; parsed: JobText } {
  const parsed = parseJob(text);
  checkJob(parsed);
  return { job: text.trim(), parsed };
}

function taken(dumped: DumpedJob, { queue, custom }: JobText): Taken {
  return { dumped, queue, batched: custom !== undefined && /"_?bid":/.test(custom) };
}

function nextTry({ failure }: JobText): string | undefined {
  return failure === undefined ? undefined : (JSON.parse(failure) as { next_at?: string }).next_at;
}

function due(score: number, said: string | undefined): Micros {
  if (Number.isNaN(score)) throw new FaktoryError('MALFORMED', 'its score is not a time');
  const told = Math.round(score * 1_000_000);
  const exact = said === undefined ? undefined : parseTime(said);
  if (exact !== undefined && Math.abs(exact - told) < 1000) return exact;
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, told));
}
