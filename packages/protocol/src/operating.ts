/*
 * The verbs of operators, for connections that asked with EXT: JOBS finds, CHANGE changes, UNDO takes a change back, WORKERS and SIGNAL are about workers, TAIL
 * tells what happens. It must never act on them. A stranger would get wrong that JOBS and CHANGE do a bite of the work and give a
 * cursor: whoever wants all of it asks again until there is none.
 */

import { FaktoryError } from './errors.ts';
import { readRest } from './extension.ts';
import type { Job } from './job.ts';
import { checkQueueName } from './job-rules.ts';
import { boundedStringsIn, integerIn, type Payload, readPayload, stringIn } from './payload.ts';
import { type Micros, parseTime } from './time.ts';

/** Where a job can be, in the order in which JOBS looks when nothing else is asked. */
export const jobPlaces = ['ready', 'working', 'scheduled', 'retries', 'dead'] as const;
/** One of {@link jobPlaces}. */
export type JobPlace = (typeof jobPlaces)[number];

/** Which jobs, in the wire's words: all that is given must hold, and of a list one of it. */
export interface JobFilter {
  places?: readonly JobPlace[];
  queues?: readonly string[];
  jobtypes?: readonly string[];
  /** 1 to 9. */
  priorities?: readonly number[];
  jids?: readonly string[];
  /** Of the worker that runs the job. */
  wid?: string;
  /** Contained in the arguments. Case counts. */
  text?: string;
  /** Contained in the job id or in the arguments. Case counts. */
  search?: string;
  /** Contained in the type or the message of the last failure. Case counts. */
  error?: string;
  /** The last failure is of one of these kinds: ids of `fingerprint`. */
  fingerprints?: readonly string[];
  /** RFC 3339: not before this (ready: enqueued; working: handed out; scheduled, retries: due; dead: forgotten). */
  from?: string;
  /** RFC 3339: before this. */
  until?: string;
  /** RFC 3339: only jobs in retries and dead, whose last failure was not before this. */
  failed_from?: string;
  /** RFC 3339: the same, before this. */
  failed_until?: string;
}

/** What JOBS is asked. */
export interface JobsAsk extends JobFilter {
  /** Most jobs in the answer: 1 to 1000. Default 100. */
  limit?: number;
  /** The `next` of the last answer. */
  cursor?: string;
  /** Only how many. */
  count?: boolean;
  /** Jobs of retries and dead as one list, the last failure first. Default: place by place, by due time. */
  order?: 'failed';
}

/** How far a search has come. */
export interface JobsProgress {
  /** Jobs looked at since its start. */
  scanned: number;
  /** Jobs to look at, as of now. */
  total: number;
  /** Where to go on; absent: that was all. */
  next?: string;
}

/** A job and where it is. */
export interface FoundJob {
  place: JobPlace;
  /** RFC 3339. ready: enqueued; working: handed out; scheduled, retries: due; dead: forgotten. */
  at: string;
  /** Of retries and dead, RFC 3339: the last failure; of a job that was killed from another place: when. */
  failed_at?: string;
  job: Job;
  /** Of a working job: who has it; empty: a producer. */
  wid?: string;
  /** Of a working job, RFC 3339: when its reservation ends; absent: as long as its worker beats. */
  expires_at?: string;
}

/** The answer to JOBS. */
export interface FoundJobs extends JobsProgress {
  jobs: FoundJob[];
}

/** The answer to JOBS with `count`: the matching jobs of this bite. */
export interface CountedJobs extends JobsProgress {
  count: number;
}

/** The answer to CHANGE: how many jobs this bite has changed. */
export interface ChangedJobs extends JobsProgress {
  changed: number;
}

/** What CHANGE does to jobs. */
export type JobAction =
  | { action: 'discard' | 'requeue' }
  /** `evict`: also when the oldest dead jobs are deleted because the dead set is full. Default: refused then. */
  | { action: 'kill'; evict?: boolean }
  /** Due then, RFC 3339. */
  | { action: 'schedule'; at: string }
  | { action: 'move'; queue: string }
  /** 1 to 9. */
  | { action: 'prioritize'; priority: number };

/** What CHANGE is asked. Without `jids` it needs `places`: so an empty filter changes nothing. */
export type ChangeAsk = JobFilter &
  JobAction & {
    cursor?: string;
    /** Makes the change one that UNDO takes back, by this name: 1 to 64 letters, digits, `_` and `-`. All bites have the same. */
    undo?: string;
  };

/** The answer to UNDO: what this bite did. */
export interface UndoneJobs {
  /** Jobs that are again where and as they were. */
  undone: number;
  /** Jobs that have moved since the change, and were left. */
  kept: number;
  /** Jobs still to do: ask again. */
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
  /** Makes it one that can be undone, by this name. */
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

/** Reads what follows `JOBS `; nothing means every job. Throws `MALFORMED`. */
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

/** Reads what follows `CHANGE `. Throws `MALFORMED`. */
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

/** Reads what follows `UNDO `: the name of the change. Throws `MALFORMED`. */
export function parseUndo(rest: string): string {
  return readRest('UNDO', rest, (text) => nameIn(payload(text), 'name'));
}

/** Reads what follows `VERIFY `: the id of a backup; undefined: the newest. Throws `MALFORMED`. */
export function parseVerify(rest: string): string | undefined {
  return readRest('VERIFY', rest, (text) => stringIn(payload(text), 'id'));
}

/** What TOKENS answers: where the server keeps its tokens, and which there are. A secret is never in it. */
export interface TokensStatus {
  /** The data folder of the server. */
  dir: string;
  hostname: string;
  pid: number;
  tokens: { name: string; scope: string; made: string }[];
}

/** Reads what follows `TOKENS `: the name of the token to revoke; undefined: none. Throws `MALFORMED`. */
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

/** A list that is empty would let through either all or nothing: nobody means that. */
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
