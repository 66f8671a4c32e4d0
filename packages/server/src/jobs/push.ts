/**
 * What PUSH and PUSHB mean: check the job, fill its defaults, choose its queue now or `scheduled`, store it.
 *
 * The job's text is written once here and never again. A bulk is one commit: the refused jobs are told by jid, the
 * others are in.
 */
import {
  checkJob,
  defaultPriority,
  defaultReserve,
  FaktoryError,
  formatTime,
  type JobText,
  jobDocument,
  type Micros,
  maxReserve,
  minReserve,
} from '@faktory-ts/protocol';
import type { Engine, Entry } from '../engine/engine.ts';

/**
 * Stores one job; with a producer, counts the push for it. Throws INVALID with the text of the broken rule (at once, not
 * counted), LIMIT when its queue is full.
 */
export function push(engine: Engine, job: JobText, producer?: string): Promise<void> {
  checkJob(job);
  const now = engine.clock();
  return engine.push([entryOf(job, now, formatTime(now))], producer).then(([refusal]) => {
    if (refusal) throw new FaktoryError('LIMIT', refusal.reason);
  });
}

/** Stores the good ones of many jobs in one commit, with a producer counted for it. Gives the refused ones: jid → reason. */
export async function pushBulk(
  engine: Engine,
  jobs: readonly JobText[],
  producer?: string,
): Promise<Record<string, string>> {
  const refused: [jid: string, reason: string][] = [];
  const entries: Entry[] = [];
  const now = engine.clock();
  const createdAt = formatTime(now);
  for (const job of jobs) {
    const reason = brokenRule(job);
    if (reason === undefined) entries.push(entryOf(job, now, createdAt));
    else refused.push([job.jid, reason]);
  }
  if (entries.length > 0 || producer !== undefined) {
    const full = new Map((await engine.push(entries, producer)).map(({ queue, reason }) => [queue, reason]));
    for (const { jid, queue, at } of full.size > 0 ? entries : []) {
      const reason = at === undefined ? full.get(queue) : undefined;
      if (reason !== undefined) refused.push([jid, reason]);
    }
  }
  return Object.fromEntries(refused);
}

function brokenRule(job: JobText): string | undefined {
  try {
    checkJob(job);
    return undefined;
  } catch (error) {
    if (error instanceof FaktoryError) return error.message;
    throw error;
  }
}

function entryOf(job: JobText, now: Micros, createdAt: string): Entry {
  const later = job.atMicros !== undefined && job.atMicros > now;
  return {
    jid: job.jid,
    queue: job.queue,
    priority: job.priority ?? defaultPriority,
    reserveFor: reserveFor(job.reserveFor),
    document: jobDocument(job, { createdAt }),
    failure: job.failure,
    at: later ? job.atMicros : undefined,
  };
}

// 0, absent and negative differ in the wire's words but not much in effect: absent or 0 is the default, the rest has a floor.
function reserveFor(seconds: number | undefined): number {
  if (!seconds) return defaultReserve;
  return Math.min(Math.max(seconds, minReserve), maxReserve);
}
