/**
 * PUSH and PUSHB: checks each job, fills in defaults, and stores it in its queue or in `scheduled`.
 *
 * The document of the job is written here, once. A bulk is one commit: it stores the valid jobs and
 * returns the refused ones by jid.
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
import type { Engine, Entry, Producer, PushNote, Refusal, RefusedJob } from '../engine/engine.ts';
import { LONG, PART, withPauses } from '../rounds.ts';
import { PushExtras, together } from './extras.ts';
import type { Extras } from './feature.ts';
import type { Tail } from './tail.ts';

/** How a long push lets other operations run in between. */
export interface Parts {
  /** Waits for one round of the event loop. Rejects with the error of `check`. */
  pause(): Promise<void>;
  /** Throws when the push must not be carried out any more. */
  check(): void;
}

const JOB = 256; // characters that a job of a bulk counts beside its options and their arguments
const OBJECTS = 4; // reading a character of small objects takes so many times as long as one of a text
const MOST_REFUSED = 2 * 1024 * 1024; // characters of jids and reasons

/** The services that a push uses. */
export interface PushServices {
  readonly engine: Engine;
  readonly tail: Tail;
  readonly extras: PushExtras;
}

/** A numbered push of a named producer. */
export interface PushLine {
  readonly producer: Producer;
  /** Number of this push, from 1. */
  readonly number: number;
}

/**
 * Stores one job, and counts the push if it has a number. Throws INVALID at once for a job that
 * breaks a rule, without counting it; rejects with LIMIT if its queue is full.
 *
 * @param found what {@link extrasInParts} returned for the job
 */
export function push(services: PushServices, job: JobText, line?: PushLine, found?: Extras): Promise<void> {
  const { engine, extras } = services;
  const now = engine.clock();
  return store(services, checkedEntry(job, now, formatTime(now), found ?? extras), line);
}

/** Whether the options of these jobs take so long that they must be read in parts. */
export function needParts(extras: PushExtras, jobs: readonly JobText[]): boolean {
  let weight = 0;
  for (const job of jobs) weight += extras.weightOf(job);
  return weight > LONG;
}

/** What the features add to a job, read in parts; undefined: it takes no time. Rejects with INVALID, and with an error of `pause`. */
export async function extrasInParts(
  { engine, extras }: PushServices,
  job: JobText,
  pause: () => Promise<void>,
): Promise<Extras | undefined> {
  if (extras.weightOf(job) <= LONG) return undefined;
  await pause();
  return withPauses(extras.inParts(job, engine.clock()), pause);
}

async function store({ engine, tail }: PushServices, entry: Entry, line?: PushLine): Promise<void> {
  const counted = line && {
    producer: line.producer,
    line: line.number,
    note: NO_REFUSAL,
  };
  const [refusal] = await engine.push([entry], counted);
  if (refusal) throw errorOf(refusal);
  if (tail.watched) tail.pushed([entry]);
}

const NO_REFUSAL: PushNote = { of: 'line', refused: [] };

/** The reason in the answer to a bulk: a refusal for uniqueness keeps its word. */
const bulkReason = ({ code, reason }: Pick<RefusedJob, 'code' | 'reason'>): string =>
  code === 'NOTUNIQUE' ? `${code} ${reason}` : reason;

const errorOf = ({ code, reason }: Pick<Refusal, 'code' | 'reason'>): FaktoryError =>
  new FaktoryError(code, reason);

/** Counts a push that was refused before it reached the store. */
export async function countRefused(engine: Engine, line: PushLine, error: unknown): Promise<void> {
  const refused =
    error instanceof FaktoryError
      ? { jid: '', code: error.code, reason: error.message }
      : { jid: '', reason: errorText(error) };
  const note: PushNote = { of: 'line', refused: [refused] };
  await engine.push([], { producer: line.producer, line: line.number, note });
}

/**
 * The stored answer to a push, as JSON text: the error of a push that was refused as a whole, or
 * jid → reason for the refused jobs of a bulk.
 */
export function noteText({ of, refused }: PushNote): string {
  if (of === 'jobs')
    return JSON.stringify(Object.fromEntries(refused.map((each) => [each.jid, bulkReason(each)])));
  const [{ code, reason } = { code: undefined, reason: '' }] = refused;
  return JSON.stringify(code === undefined ? reason : errorText(errorOf({ code, reason })));
}

/**
 * Stores the valid jobs of a bulk in one commit, which also counts the push if it has a number.
 * Returns the refused jobs as jid → reason.
 */
export async function pushBulk(
  { engine, tail, extras }: PushServices,
  jobs: readonly JobText[],
  line?: PushLine,
  parts?: Parts,
): Promise<Record<string, string>> {
  const refused: RefusedJob[] = [];
  const entries: Entry[] = [];
  const now = engine.clock();
  const createdAt = formatTime(now);
  let spent = 0; // characters since the last pause
  for (const job of jobs) {
    let asked: Extras | PushExtras | FaktoryError = extras;
    if (parts) {
      const weight = extras.weightOf(job);
      const work = JOB + OBJECTS * weight;
      spent += work;
      if (spent > PART) {
        await parts.pause();
        spent = work;
      }
      if (weight > LONG) asked = await askedInParts(extras.inParts(job, now), parts);
    }
    const broken = ruled(() => entries.push(checkedEntry(job, now, createdAt, asked)));
    if (broken === undefined) continue;
    refused.push({ jid: job.jid, code: broken.code, reason: broken.message });
  }
  if (refused.length > 0) await refuseLarge(engine, refused, jobs.length, line);
  parts?.check(); // there is no `await` between this and the call of the engine
  const note: PushNote = { of: 'jobs', refused };
  const counted = line && { producer: line.producer, line: line.number, note };
  const leftOut = entries.length > 0 || counted ? await engine.push(entries, counted) : [];
  if (tail.watched) {
    const out = new Set(leftOut.map(({ index }) => index));
    tail.pushed(entries.filter((_, index) => !out.has(index)));
  }
  return Object.fromEntries([
    ...refused.map((each) => [each.jid, bulkReason(each)]),
    ...leftOut.map((each) => [entries[each.index]?.jid ?? '', bulkReason(each)]),
  ]) as Record<string, string>;
}

/**
 * Throws LIMIT if the refused jobs and their reasons are too long for one reply. Then no job of the
 * push is stored, and the push is counted as refused.
 */
async function refuseLarge(
  engine: Engine,
  refused: readonly RefusedJob[],
  jobs: number,
  line: PushLine | undefined,
): Promise<void> {
  const length = refused.reduce((sum, { jid, reason }) => sum + jid.length + reason.length, 0);
  if (length <= MOST_REFUSED) return;
  const first = refused[0]?.reason ?? '';
  const text = `${refused.length} of ${jobs} jobs are refused, the first for: ${first}; their reasons have ${length} characters, so none is stored: mend or split the PUSHB`;
  const error = new FaktoryError('LIMIT', text);
  if (line !== undefined) await countRefused(engine, line, error);
  throw error;
}

/** What the features answer, or their refusal. Rejects with an error of `parts`. */
async function askedInParts(steps: Generator<void, Extras>, parts: Parts): Promise<Extras | FaktoryError> {
  for (;;) {
    let found: Extras | undefined;
    const broken = ruled(() => {
      const step = steps.next();
      if (step.done) found = step.value;
    });
    if (broken ?? found) return (broken ?? found) as Extras | FaktoryError;
    await parts.pause();
  }
}

/** The error of a broken rule; undefined: none is broken. */
function ruled(work: () => unknown): FaktoryError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof FaktoryError) return error;
    throw error;
  }
}

/** The entry of a job that keeps the rules. `asked`: the features, or what they answered. Throws INVALID. */
export function checkedEntry(
  job: JobText,
  now: Micros,
  createdAt: string,
  asked: PushExtras | Extras | FaktoryError,
  more?: Extras,
): Entry {
  checkJob(job);
  if (asked instanceof FaktoryError) throw asked;
  const found = asked instanceof PushExtras ? asked.of(job, now) : asked;
  return entryOf(job, now, createdAt, more ? together([found, more]) : found);
}

function entryOf(job: JobText, now: Micros, createdAt: string, extras: Extras): Entry {
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
    ...extras,
  };
}
