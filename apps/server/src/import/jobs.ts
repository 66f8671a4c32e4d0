/*
 * One job of a Faktory as a job of a dump. It must never change what a client wrote: the text goes on as it is.
 * A stranger would get wrong that a time stands twice in Redis: exactly in the job, and as the score, which a double can hold to a quarter
 * of a microsecond only, but which counts where both differ by more.
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

/** A job that can be loaded, and what people want to know of it. */
export interface Taken {
  readonly dumped: DumpedJob;
  readonly queue: string;
  /** Whether it is part of a batch, of which this server knows nothing. */
  readonly batched: boolean;
}

/** Reads a job of a queue. Throws MALFORMED or INVALID when it could not be loaded. */
export function readyJob(bytes: Buffer): Taken {
  const { job, parsed } = jobOf(String(bytes));
  return taken({ place: 'ready', job }, parsed);
}

/** Reads a job of a set. Throws the same. */
export function timedJob(set: SetName, { member, score }: Scored): Taken {
  if (set === 'working') return workingJob(member);
  const { job, parsed } = jobOf(String(member));
  const said = set === 'scheduled' ? parsed.at : set === 'retries' ? nextTry(parsed) : undefined;
  return taken({ place: set, at: formatTime(due(score, said)), job }, parsed);
}

/** A reservation has the job in it. */
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
  if (Number.isNaN(score)) throw new FaktoryError('MALFORMED', 'its score is no time');
  const told = Math.round(score * 1_000_000);
  const exact = said === undefined ? undefined : parseTime(said);
  if (exact !== undefined && Math.abs(exact - told) < 1000) return exact;
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, told));
}
