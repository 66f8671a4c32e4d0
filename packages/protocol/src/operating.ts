/**
 * Types and parsers of the operator verbs, for connections that used EXT: JOBS, CHANGE, UNDO,
 * VERIFY and TOKENS. The other verbs are in watching.ts.
 *
 * Note: JOBS and CHANGE do a part of the work and return a cursor. Repeat the request with it until
 * the answer has no `next`.
 */

import { FaktoryError } from './errors.ts';
import { readRest } from './extension.ts';
import type { Job } from './job.ts';
import { checkQueueName } from './job-rules.ts';
import { boundedStringsIn, integerIn, type Payload, readPayload, stringIn } from './payload.ts';
import { type Micros, parseTime } from './time.ts';

/** The places of a job, in the default order of JOBS. */
export const jobPlaces = ['ready', 'working', 'scheduled', 'retries', 'dead'] as const;
/** One of {@link jobPlaces}. */
export type JobPlace = (typeof jobPlaces)[number];

/** Selects jobs. All given fields must match; of a list, one entry. */
export interface JobFilter {
  places?: readonly JobPlace[];
  queues?: readonly string[];
  jobtypes?: readonly string[];
  /** 1 to 9. */
  priorities?: readonly number[];
  jids?: readonly string[];
  /** The worker that runs the job. */
  wid?: string;
  /** Text in the arguments, case-sensitive. */
  text?: string;
  /** Text in the job id or the arguments, case-sensitive. */
  search?: string;
  /** Text in the type or message of the last failure, case-sensitive. */
  error?: string;
  /** The last failure is of one of these kinds: ids of `fingerprint`. */
  fingerprints?: readonly string[];
  /** RFC 3339, inclusive: the time of `at` in {@link FoundJob}. */
  from?: string;
  /** RFC 3339, exclusive. */
  until?: string;
  /** RFC 3339, inclusive: the last failure. Only jobs in retries and dead match. */
  failed_from?: string;
  /** RFC 3339, exclusive: the last failure. */
  failed_until?: string;
}

/** The payload of JOBS. */
export interface JobsAsk extends JobFilter {
  /** Maximum number of jobs in the answer: 1 to 1000. Default 100. */
  limit?: number;
  /** The `next` of the previous answer. */
  cursor?: string;
  /** Return only the number of jobs. */
  count?: boolean;
  /**
   * `failed`: retries and dead as one list, the last failure first. Default: place by place, by due
   * time.
   */
  order?: 'failed';
}

/** The progress of a search. */
export interface JobsProgress {
  /** Jobs examined since the start of the search. */
  scanned: number;
  /** Jobs to examine, as of now. */
  total: number;
  /** Cursor for the next request; absent: the search is complete. */
  next?: string;
}

/** A job and its place. */
export interface FoundJob {
  place: JobPlace;
  /** RFC 3339. ready: enqueued; working: handed out; scheduled, retries: due; dead: deleted. */
  at: string;
  /**
   * For retries and dead, RFC 3339: the last failure; for a job that was killed from another place:
   * that time.
   */
  failed_at?: string;
  job: Job;
  /** For a working job: its worker; empty for a client that is not a worker. */
  wid?: string;
  /**
   * For a working job, RFC 3339: when its reservation expires; absent: the reservation lasts as
   * long as its worker beats.
   */
  expires_at?: string;
}

/** The answer to JOBS. */
export interface FoundJobs extends JobsProgress {
  jobs: FoundJob[];
}

/** The answer to JOBS with `count`: number of matching jobs in this part of the search. */
export interface CountedJobs extends JobsProgress {
  count: number;
}

/** The answer to CHANGE: number of jobs that this request changed. */
export interface ChangedJobs extends JobsProgress {
  changed: number;
}

/** What CHANGE does to jobs. */
export type JobAction =
  | { action: 'discard' | 'requeue' }
  /**
   * `evict`: kill even when the dead set is full and its oldest jobs are evicted. Default: refuse
   * then.
   */
  | { action: 'kill'; evict?: boolean }
  /** RFC 3339: the new due time. */
  | { action: 'schedule'; at: string }
  | { action: 'move'; queue: string }
  /** 1 to 9. */
  | { action: 'prioritize'; priority: number };

/** The payload of CHANGE. It needs `jids` or `places`, so that an empty filter changes nothing. */
export type ChangeAsk = JobFilter &
  JobAction & {
    cursor?: string;
    /**
     * Name by which UNDO can undo the change: 1 to 64 letters, digits, `_` and `-`. The same in all
     * requests of one change.
     */
    undo?: string;
  };

/** The answer to UNDO, for this request. */
export interface UndoneJobs {
  /** Jobs that are restored. */
  undone: number;
  /** Jobs that moved since the change, so they were not restored. */
  kept: number;
  /** Jobs still to restore: repeat the request. */
  left: number;
}

/** A filter as the server uses it. */
export interface JobSearch
  extends Omit<JobFilter, 'places' | 'from' | 'until' | 'failed_from' | 'failed_until'> {
  places: readonly JobPlace[];
  from?: Micros;
  until?: Micros;
  failedFrom?: Micros;
  failedUntil?: Micros;
  order?: 'failed';
}

/** A CHANGE as the server uses it. */
export interface JobChange {
  search: JobSearch;
  cursor?: string;
  /** Name by which UNDO can undo the change. */
  undo?: string;
  change:
    | { action: 'discard' | 'requeue' }
    | { action: 'kill'; evict: boolean }
    | { action: 'schedule'; at: Micros }
    | { action: 'move'; queue: string }
    | { action: 'prioritize'; priority: number };
}

const mostFound = 1000;
const usualLimit = 100;

/** Parses the payload of JOBS; an empty one means every job. Throws `MALFORMED`. */
export function parseJobsAsk(rest: string): {
  search: JobSearch;
  limit: number;
  cursor?: string;
  count: boolean;
} {
  return readRest('JOBS', rest, (text) => {
    const fields = payload(text);
    const limit = integerIn(fields, 'limit') ?? usualLimit;
    if (limit < 1 || limit > mostFound) throw wrong(`"limit" must be from 1 to ${mostFound}`);
    const cursor = stringIn(fields, 'cursor');
    const count = fields.get('count') === true;
    const order = stringIn(fields, 'order');
    if (order !== undefined && order !== 'failed') throw wrong(`"order" knows failed, not ${order}`);
    const search: JobSearch = { ...searchIn(fields), ...(order && { order }) };
    return { search, limit, count, ...(cursor && { cursor }) };
  });
}

/** Parses the payload of CHANGE. Throws `MALFORMED`. */
export function parseChange(rest: string): JobChange {
  return readRest('CHANGE', rest, (text) => {
    const fields = payload(text);
    if (!fields.has('places') && !fields.has('jids'))
      throw wrong('say which jobs: "places", or "jids", and more');
    const cursor = stringIn(fields, 'cursor');
    const undo = fields.has('undo') ? nameIn(fields, 'undo') : undefined;
    const change = actionIn(fields);
    return { search: searchIn(fields), change, ...(cursor && { cursor }), ...(undo && { undo }) };
  });
}

/** Parses the payload of UNDO: the name of the change. Throws `MALFORMED`. */
export function parseUndo(rest: string): string {
  return readRest('UNDO', rest, (text) => nameIn(payload(text), 'name'));
}

/**
 * Parses the payload of VERIFY: the id of a backup; undefined means the newest. Throws `MALFORMED`.
 */
export function parseVerify(rest: string): string | undefined {
  return readRest('VERIFY', rest, (text) => stringIn(payload(text), 'id'));
}

/**
 * The answer to TOKENS: where the server stores its tokens, and their names. Contains no secret.
 */
export interface TokensStatus {
  /** The data folder of the server. */
  dir: string;
  hostname: string;
  pid: number;
  tokens: { name: string; scope: string; made: string }[];
}

/**
 * Parses the payload of TOKENS: the name of the token to revoke, or undefined. Throws `MALFORMED`.
 */
export function parseTokens(rest: string): string | undefined {
  return readRest('TOKENS', rest, (text) => {
    const fields = payload(text);
    if (fields.size > 0 && stringIn(fields, 'revoke') === undefined)
      throw wrong('it knows "revoke" only: a secret is not sent, so tokens are added in the data folder');
    return stringIn(fields, 'revoke');
  });
}

function nameIn(fields: Payload, field: string): string {
  const name = stringIn(fields, field) ?? '';
  if (!/^[\w-]{1,64}$/.test(name)) throw wrong(`"${field}" must be 1 to 64 letters, digits, _ and -`);
  return name;
}

function payload(text: string): Payload {
  return text.trim() === '' ? new Map() : readPayload(text);
}

const times = [
  ['from', 'from'],
  ['until', 'until'],
  ['failed_from', 'failedFrom'],
  ['failed_until', 'failedUntil'],
] as const;

function searchIn(fields: Payload): JobSearch {
  const places = listIn(fields, 'places') ?? jobPlaces;
  const wrongPlace = places.find((name) => !jobPlaces.includes(name as JobPlace));
  if (wrongPlace !== undefined) throw wrong(`"places" knows ${jobPlaces.join(', ')}, not ${wrongPlace}`);
  const search: JobSearch = { places: [...new Set(places as readonly JobPlace[])] };
  for (const name of ['queues', 'jobtypes', 'jids', 'fingerprints'] as const) {
    const list = listIn(fields, name);
    if (list) search[name] = list;
  }
  for (const name of ['wid', 'text', 'search', 'error'] as const) {
    const text = stringIn(fields, name);
    if (text !== undefined) search[name] = text;
  }
  for (const [name, key] of times) {
    const at = timeIn(fields, name);
    if (at !== undefined) search[key] = at;
  }
  const priorities = fields.get('priorities');
  if (priorities !== undefined) {
    if (!Array.isArray(priorities) || priorities.length === 0 || !priorities.every(isPriority))
      throw wrong('"priorities" must be an array of numbers from 1 to 9');
    search.priorities = priorities;
  }
  return search;
}

/** An empty list could mean all or none, so it is refused. */
function listIn(fields: Payload, name: string): string[] | undefined {
  const list = boundedStringsIn(fields, name);
  if (list?.length === 0) throw wrong(`"${name}" is empty: leave it out, or name some`);
  return list;
}

function timeIn(fields: Payload, name: string): Micros | undefined {
  const text = stringIn(fields, name);
  if (text === undefined) return undefined;
  const at = parseTime(text);
  if (at === undefined) throw wrong(`"${name}" must be a time as 2026-11-25T16:00:00Z`);
  return at;
}

const isPriority = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 9;

function actionIn(fields: Payload): JobChange['change'] {
  const action = stringIn(fields, 'action');
  switch (action) {
    case 'discard':
    case 'requeue':
      return { action };
    case 'kill':
      return { action, evict: fields.get('evict') === true };
    case 'schedule': {
      const at = timeIn(fields, 'at');
      if (at === undefined) throw wrong('schedule needs "at"');
      return { action, at };
    }
    case 'move': {
      const queue = stringIn(fields, 'queue') ?? '';
      checkQueueName(queue);
      return { action, queue };
    }
    case 'prioritize': {
      const priority = fields.get('priority');
      if (!isPriority(priority)) throw wrong('prioritize needs a "priority" from 1 to 9');
      return { action, priority };
    }
    default:
      throw wrong('"action" must be discard, kill, requeue, schedule, move or prioritize');
  }
}

function wrong(problem: string): FaktoryError {
  return new FaktoryError('MALFORMED', problem);
}
