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

/** Stores one job. Throws INVALID with the text of the broken rule, LIMIT when its queue is full. */
export function push(engine: Engine, job: JobText): Promise<void> {
  checkJob(job);
  const now = engine.clock();
  return engine.push([entryOf(job, now, formatTime(now))]);
}

/** Stores the good ones of many jobs. Gives the refused ones: jid → reason. */
export async function pushBulk(engine: Engine, jobs: readonly JobText[]): Promise<Record<string, string>> {
  const refused: [jid: string, reason: string][] = [];
  const entries: Entry[] = [];
  const now = engine.clock();
  const createdAt = formatTime(now);
  for (const job of jobs) {
    const reason = brokenRule(job);
    if (reason === undefined) entries.push(entryOf(job, now, createdAt));
    else refused.push([job.jid, reason]);
  }
  if (entries.length > 0) refused.push(...(await store(engine, entries)));
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

/** All in one commit; when a queue is full, the others' jobs go in and its jobs are refused together. */
async function store(engine: Engine, entries: readonly Entry[]): Promise<[string, string][]> {
  try {
    await engine.push(entries);
    return [];
  } catch (error) {
    if (!(error instanceof FaktoryError && error.code === 'LIMIT')) throw error;
  }
  const byQueue = new Map<string, Entry[]>();
  for (const entry of entries) {
    const known = byQueue.get(entry.queue);
    if (known) known.push(entry);
    else byQueue.set(entry.queue, [entry]);
  }
  const parts = [...byQueue.values()].map(async (part): Promise<[string, string][]> => {
    try {
      await engine.push(part);
      return [];
    } catch (error) {
      if (!(error instanceof FaktoryError && error.code === 'LIMIT')) throw error;
      return part.map((entry) => [entry.jid, error.message]);
    }
  });
  return (await Promise.all(parts)).flat();
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
