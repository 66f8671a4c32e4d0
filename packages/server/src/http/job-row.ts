/**
 * A job as the web UI shows it, in a list and alone. It must never rebuild a job's own values: arguments stay the text that the client
 * wrote, unless something in them is hidden by rule.
 *
 * Jobs of ActiveJob are shown as what they wrap, as Faktory's own web interface does (spec 5.7).
 */
import {
  cutUtf8,
  formatTime,
  type JobAttempt,
  type JobRow,
  jsonItems,
  jsonMember,
  type StoredJob,
  storedJob,
  wireJob,
} from '@faktory-ts/protocol';
import type { Found, HeldName } from '../engine/engine.ts';
import type { Redaction } from './redact.ts';

const MOST_IN_LIST = 1024; // bytes of the arguments, and of a message
const MOST_READ = 65_536; // characters of a failure or of wrapped arguments, of which a page reads each value
const MOST_ALONE = 1024 * 1024; // bytes of a whole job

const WRAPPER = 'ActiveJob::QueueAdapters::FaktoryAdapter::JobWrapper';
const MAILERS = ['ActionMailer::DeliveryJob', 'ActionMailer::MailDeliveryJob'];

/** A job in a list. */
export function jobRow(found: Found, redaction: Redaction): JobRow {
  const job = storedJob(found.document);
  const { display, args } = shown(job, redaction);
  return {
    place: found.place,
    at: formatTime(found.at),
    ...(found.failedAt !== undefined && { failed_at: formatTime(found.failedAt) }),
    jid: found.jid,
    jobtype: job.jobtype,
    display,
    queue: found.queue,
    priority: found.priority,
    ...cut(args),
    ...(job.createdAt !== '' && { created_at: job.createdAt }),
    ...(found.deadline !== undefined && { deadline: formatTime(found.deadline) }),
    ...(found.enqueuedAt !== undefined && { enqueued_at: formatTime(found.enqueuedAt) }),
    ...failureOf(found),
    ...(found.wid !== undefined && { wid: found.wid }),
    ...(found.expiresAt !== undefined && { expires_at: formatTime(found.expiresAt) }),
  };
}

/** The whole text of a job, as the wire has it. */
export async function wholeJob(
  { document, enqueuedAt, failure }: Found,
  redaction: Redaction,
): Promise<string> {
  const text = wireJob(document, enqueuedAt, failure);
  return redaction.active ? redaction.job(namesOf(storedJob(document)), text) : text;
}

/** The same as far as a page shows it. */
export async function jobAlone(
  found: Found,
  redaction: Redaction,
): Promise<{ job: string; job_cut: boolean; bytes: number }> {
  const text = await wholeJob(found, redaction);
  const bytes = Buffer.byteLength(text); // of 8 MB a tenth of the time of utf8Length
  return { job: cutUtf8(text, MOST_ALONE), job_cut: bytes > MOST_ALONE, bytes };
}

/** The failed executions that are remembered of a job. */
export function attemptsOf({ attempts }: Found): JobAttempt[] {
  return attempts === undefined ? [] : (JSON.parse(attempts) as JobAttempt[]);
}

/** A name that a job holds, by its feature. */
export const nameHeld = ({ key, until }: HeldName): { feature: string; until?: string } => ({
  feature: key.slice(0, key.indexOf(':')),
  ...(until !== undefined && { until: formatTime(until) }),
});

function cut(args: string): { args: string; args_cut: boolean } {
  const short = cutUtf8(args, MOST_IN_LIST);
  return { args: short, args_cut: short.length < args.length };
}

function failureOf({ failure }: Found): Pick<JobRow, 'failure'> {
  if (failure === undefined) return {};
  const known = withoutBacktrace(failure);
  const text = (name: string): string => (typeof known[name] === 'string' ? known[name] : '');
  const time = (name: 'failed_at' | 'next_at') => (text(name) === '' ? {} : { [name]: text(name) });
  return {
    failure: {
      errtype: cutUtf8(text('errtype'), MOST_IN_LIST),
      message: cutUtf8(text('message'), MOST_IN_LIST),
      ...time('failed_at'),
      ...time('next_at'),
      count: Number(known.retry_count ?? 0),
      ...(typeof known.remaining === 'number' && { remaining: known.remaining }),
    },
  };
}

const BACKTRACE = '"backtrace":[';

/**
 * The members of a failure. The backtrace of a large one is not read: a client may push millions of lines. Inside a JSON text every quote
 * has a backslash, so the key is found as text.
 */
function withoutBacktrace(failure: string): Record<string, unknown> {
  const at = failure.length > MOST_READ ? failure.indexOf(BACKTRACE) : -1;
  if (at < 0) return JSON.parse(failure) as Record<string, unknown>;
  const head = failure.slice(0, at + BACKTRACE.length);
  try {
    return JSON.parse(head + failure.slice(failure.lastIndexOf(']'))) as Record<string, unknown>;
  } catch {
    return JSON.parse(`${head}]}`) as Record<string, unknown>; // a member behind it has a bracket
  }
}

/** What ActiveJob wraps; undefined: the job is not one of its. */
function wrappedIn({ jobtype, custom }: StoredJob): string | undefined {
  if (jobtype !== WRAPPER || custom === undefined) return undefined;
  return textIn(jsonMember(custom, 'wrapped') ?? '');
}

/** The names by which a job's values may be hidden: its jobtype, and what it wraps. */
export function namesOf(job: StoredJob): string[] {
  const wrapped = wrappedIn(job);
  return wrapped === undefined ? [job.jobtype] : [job.jobtype, wrapped];
}

function shown(job: StoredJob, redaction: Redaction): { display: string; args: string } {
  const wrapped = wrappedIn(job);
  const names = namesOf(job);
  const inner = wrapped === undefined ? undefined : wrappedArguments(job.args);
  if (wrapped === undefined || inner === undefined)
    return { display: wrapped ?? job.jobtype, args: redaction.args(names, job.args, MOST_IN_LIST) };
  const [mailer, method] = MAILERS.includes(wrapped) ? jsonItems(inner, 2).map(textIn) : [];
  const display = mailer !== undefined && method !== undefined ? `${mailer}#${method}` : wrapped;
  return { display, args: redaction.args(names, inner, MOST_IN_LIST) };
}

/** The arguments of what is wrapped, as the client wrote them; undefined: there are none, or they are too long to be taken apart. */
function wrappedArguments(args: string): string | undefined {
  if (args.length > MOST_READ) return undefined;
  const [wrapper] = jsonItems(args, 1);
  const inner = wrapper?.startsWith('{') ? jsonMember(wrapper, 'arguments') : undefined;
  return inner?.startsWith('[') ? inner : undefined;
}

const textIn = (json: string): string | undefined =>
  json.startsWith('"') ? (JSON.parse(json) as string) : undefined;
