/**
 * PUSH and PUSHB: reads the payload, of a large one in parts, and makes one call into the rules. The lines of a named producer are
 * counted whether they are taken or refused.
 */
import {
  FaktoryError,
  JobsReader,
  type JobText,
  parseJob,
  parseJobInParts,
  parseJobs,
} from '@faktory-ts/protocol';
import { longCall } from '../engine/engine.ts';
import type { Jobs, Parts, PushLine } from '../jobs/jobs.ts';
import { LARGE, LONG, largeParts, PART, withPauses } from '../rounds.ts';

/** What a push needs of the server. */
interface Pushing {
  readonly jobs: Jobs;
  readonly maxBulkJobs: number;
}

/** What a push needs of its connection. */
interface Pusher {
  /** What it sent and the server has not begun is not carried out. */
  readonly dropped: boolean;
  nextLine(): PushLine | undefined;
  /** The line that starts now has so many entries; with more than `most` the later lines wait for its reply. */
  weigh(entries: number, most: number): void;
}

export function push(payload: string, { jobs }: Pushing, session: Pusher): Promise<void> {
  const line = session.nextLine();
  if (payload.length > LONG) return pushLong(payload, jobs, session, line);
  if (line === undefined) return jobs.push(parseJob(payload));
  return counted(jobs, line, () => jobs.push(parseJob(payload), line));
}

function pushLong(payload: string, jobs: Jobs, session: Pusher, line: PushLine | undefined): Promise<void> {
  if (payload.length > LARGE)
    return pushLarge(({ pause }) => withPauses(parseJobInParts(payload, PART), pause), jobs, session, line);
  const pushOne = (): Promise<void> => {
    const job = parseJob(payload);
    if (!jobs.needParts([job])) return jobs.push(job, line);
    session.weigh(1, 0); // later lines wait
    return pushLarge(() => Promise.resolve(job), jobs, session, line);
  };
  return line === undefined ? pushOne() : counted(jobs, line, pushOne);
}

/** Gives the refused jobs: jid → reason. */
export function pushBulk(payload: string, desk: Pushing, session: Pusher): Promise<Record<string, string>> {
  const { jobs } = desk;
  const line = session.nextLine();
  if (payload.length > LARGE)
    return pushLargeBulk((parts) => jobsOf(payload, desk, parts), jobs, session, line);
  const pushAll = (): Promise<Record<string, string>> => {
    const pushed = allowedBulk(parseJobs(payload), desk);
    session.weigh(pushed.length, longCall.push);
    if (payload.length <= LONG || !jobs.needParts(pushed)) return jobs.pushBulk(pushed, line);
    session.weigh(0, -1); // later lines wait
    return pushLargeBulk(() => Promise.resolve(pushed), jobs, session, line);
  };
  return line === undefined ? pushAll() : counted(jobs, line, pushAll);
}

/**
 * Reads in parts, so that others are served between these. The connection holds the lines behind it back meanwhile.
 *
 * Note: a line of a named producer is dropped when another connection takes the name between two parts, because the new connection
 * was told that the line is not carried out, and its client sends the line again.
 */
async function reading<T>(
  jobs: Jobs,
  session: Pusher,
  line: PushLine | undefined,
  read: (pauses: Parts) => Promise<T>,
): Promise<{ readonly value: T; readonly pauses: Parts }> {
  const check = (): void => {
    if (line !== undefined && session.dropped) throw dropped;
  };
  const pauses = { check, pause: (): Promise<void> => largeParts.next().then(check) };
  try {
    await pauses.pause();
    return { value: await read(pauses), pauses };
  } catch (error) {
    if (line !== undefined && error !== dropped) await jobs.countRefused(line, error);
    throw error;
  }
}

async function pushLarge(
  read: (parts: Parts) => Promise<JobText>,
  jobs: Jobs,
  session: Pusher,
  line: PushLine | undefined,
): Promise<void> {
  const { value, pauses } = await reading(jobs, session, line, async (parts) => {
    const job = await read(parts);
    return { job, found: await jobs.extrasOf(job, parts.pause) };
  });
  const { job, found } = value;
  pauses.check(); // nothing waits from here to the engine
  const pushOne = (): Promise<void> => jobs.push(job, line, found);
  await (line === undefined ? pushOne() : counted(jobs, line, pushOne));
}

async function pushLargeBulk(
  read: (parts: Parts) => Promise<JobText[]>,
  jobs: Jobs,
  session: Pusher,
  line: PushLine | undefined,
): Promise<Record<string, string>> {
  const { value, pauses } = await reading(jobs, session, line, read);
  return jobs.pushBulk(value, line, pauses);
}

async function jobsOf(payload: string, desk: Pushing, { pause }: Parts): Promise<JobText[]> {
  const reader = new JobsReader(payload);
  while (!reader.read(PART)) await pause();
  return allowedBulk(reader.jobs, desk);
}

const dropped = new FaktoryError('SHUTDOWN', 'shutdown in progress: another connection has this producer');

function allowedBulk(pushed: JobText[], { maxBulkJobs }: Pushing): JobText[] {
  if (pushed.length <= maxBulkJobs) return pushed;
  const text = `${pushed.length} jobs in one PUSHB, at most ${maxBulkJobs} are taken; split them`;
  throw new FaktoryError('LIMIT', text);
}

/** A named producer's line counts also when it is refused: the count is how far the server got in what it sent. */
function counted<T>(jobs: Jobs, line: PushLine, act: () => Promise<T>): Promise<T> {
  try {
    return act();
  } catch (error) {
    return jobs.countRefused(line, error).then(() => {
      throw error;
    });
  }
}
