/**
 * What PUSH and PUSHB mean: check the job, fill its defaults, choose its queue now or `scheduled`, store it.
 *
 * The job's text is written once here and never again. A bulk is one commit: the refused jobs are told by jid, the
 * others are in.
 */
import {
  checkJob,
  defaultPriority,
  errorText,
  FaktoryError,
  formatTime,
  type JobText,
  jobDocument,
  type Micros,
  reserveSeconds,
} from '@faktory-ts/protocol';
import type { Engine, Entry, Producer, Refusal } from '../engine/engine.ts';

/** How a long push lets others be served. */
export interface Parts {
  /** Waits until others were served. Rejects as `check` throws. */
  pause(): Promise<void>;
  /** Throws when the push must not be carried out any more. */
  check(): void;
}

const PART = 1000; // jobs between two pauses
const MOST_REFUSED = 2 * 1024 * 1024; // characters of jids and reasons

/** A line that is counted for its producer. */
export interface PushLine {
  readonly producer: Producer;
  /** Which line of this producer it is, from 1 on. */
  readonly number: number;
}

/**
 * Stores one job; with a line, counts that. Throws INVALID with the text of the broken rule (at once, not
 * counted), LIMIT when its queue is full.
 */
export function push(engine: Engine, job: JobText, line?: PushLine): Promise<void> {
  checkJob(job);
  const now = engine.clock();
  const counted = line && {
    producer: line.producer,
    line: line.number,
    note: ([left]: readonly Refusal[]) => left && errorNote(tooLarge(left)),
  };
  return engine.push([entryOf(job, now, formatTime(now))], counted).then(([left]) => {
    if (left) throw tooLarge(left);
  });
}

function tooLarge({ reason }: Refusal): FaktoryError {
  return new FaktoryError('LIMIT', reason);
}

/** Counts a line that was refused before it came to the store. */
export async function countRefused(engine: Engine, line: PushLine, error: unknown): Promise<void> {
  await engine.push([], { producer: line.producer, line: line.number, note: () => errorNote(error) });
}

// Notes are JSON, as EXT tells them: a text is an error, an object the answer to a PUSHB.
function errorNote(error: unknown): string {
  return JSON.stringify(errorText(error));
}

/**
 * Stores the good ones of many jobs in one commit, with a line counted in it. Gives the refused ones: jid → reason.
 */
export async function pushBulk(
  engine: Engine,
  jobs: readonly JobText[],
  line?: PushLine,
  parts?: Parts,
): Promise<Record<string, string>> {
  const refused: [jid: string, reason: string][] = [];
  const entries: Entry[] = [];
  const now = engine.clock();
  const createdAt = formatTime(now);
  for (const [index, job] of jobs.entries()) {
    if (parts && index % PART === PART - 1) await parts.pause();
    const reason = brokenRule(job);
    if (reason === undefined) entries.push(entryOf(job, now, createdAt));
    else refused.push([job.jid, reason]);
  }
  if (refused.length > 0) await refuseLarge(engine, refused, jobs.length, line);
  parts?.check(); // nothing waits from here to the engine
  const answer = (left: readonly Refusal[]): Record<string, string> =>
    Object.fromEntries([...refused, ...leftOut(entries, left)]);
  if (line === undefined) return answer(entries.length > 0 ? await engine.push(entries) : []);
  const note = (left: readonly Refusal[]): string | undefined =>
    refused.length + left.length > 0 ? JSON.stringify(answer(left)) : undefined;
  return answer(await engine.push(entries, { producer: line.producer, line: line.number, note }));
}

/** Throws LIMIT, and counts the line as refused, when the reasons are too much for one answer: then nothing of it is stored. */
async function refuseLarge(
  engine: Engine,
  refused: readonly (readonly [jid: string, reason: string])[],
  jobs: number,
  line: PushLine | undefined,
): Promise<void> {
  const length = refused.reduce((sum, [jid, reason]) => sum + jid.length + reason.length, 0);
  if (length <= MOST_REFUSED) return;
  const [, first = ''] = refused[0] ?? [];
  const text = `${refused.length} of ${jobs} jobs are refused, the first for: ${first}; their reasons have ${length} characters, so none is stored: mend or split the PUSHB`;
  const error = new FaktoryError('LIMIT', text);
  if (line !== undefined) await countRefused(engine, line, error);
  throw error;
}

function leftOut(entries: readonly Entry[], left: readonly Refusal[]): [jid: string, reason: string][] {
  if (left.length === 0) return [];
  const full = new Map(left.map(({ queue, reason }) => [queue, reason]));
  return entries.flatMap(({ jid, queue, at }): [string, string][] => {
    const reason = at === undefined ? full.get(queue) : undefined;
    return reason === undefined ? [] : [[jid, reason]];
  });
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
    jobtype: job.jobtype,
    priority: job.priority ?? defaultPriority,
    reserveFor: reserveSeconds(job.reserveFor),
    document: jobDocument(job, { createdAt }),
    failure: job.failure,
    at: later ? job.atMicros : undefined,
  };
}
