/**
 * Reads and writes job filters in the address, in the form that GET /api/jobs takes. Pure.
 *
 * What it does not understand in an address it leaves out. Lists are repeated parameters
 * (queues=a&queues=b).
 */
import type { JobFilter, JobPlace } from '@faktory-ts/protocol';
import { fromField } from './zone.ts';

/** The states in the order in which a job passes through them. */
export const places: readonly JobPlace[] = ['scheduled', 'ready', 'working', 'retries', 'dead'];

/** A filter of the page; `fingerprints` are the ids of error groups. */
export type Filter = JobFilter & { fingerprints?: readonly string[] };

const lists = ['queues', 'jobtypes', 'jids', 'fingerprints'] as const;
const texts = ['wid', 'text', 'error', 'from', 'until', 'failed_from', 'failed_until'] as const;
const times = ['from', 'until', 'failed_from', 'failed_until'] as const;

/** The format of a time that the server accepts. */
const wholeTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
/** A day, or a time without a zone, as typed by hand. */
const handWritten = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?$/;

/**
 * Reads a time in an address; a day starts in `zone` (`local`: the browser's). `undefined`: not a
 * time.
 */
function timeOf(text: string, zone: string): string | undefined {
  if (handWritten.test(text)) return fromField(text.includes('T') ? text : `${text}T00:00`, zone);
  if (Number.isNaN(Date.parse(text))) return undefined;
  return wholeTime.test(text) ? text : new Date(text).toISOString();
}

/** The orders of a list of failed jobs; other lists have one order. */
export type Order = 'failed' | 'due';

/** Whether the filter finds only failed jobs, which are listed by time of failure. */
export const isOfFailed = ({ places: asked, jids }: Filter): boolean =>
  asked !== undefined &&
  jids === undefined &&
  asked.every((place) => place === 'retries' || place === 'dead');

/** Reads a filter from the query of an address. Days and times without a zone are in `zone`. */
export function readFilter(search: string, zone = 'local'): Filter {
  const params = new URLSearchParams(search);
  let filter: Filter = {};
  const asked = params.getAll('places').filter((name): name is JobPlace => places.includes(name as JobPlace));
  if (asked.length > 0) filter.places = [...new Set(asked)];
  for (const name of lists) {
    const values = [...new Set(params.getAll(name).filter(Boolean))];
    if (values.length > 0) filter[name] = values;
  }
  const priorities = params
    .getAll('priorities')
    .map(Number)
    .filter((n) => Number.isInteger(n) && n >= 1 && n <= 9);
  if (priorities.length > 0) filter.priorities = [...new Set(priorities)].sort((a, b) => a - b);
  for (const name of texts) {
    const value = params.get(name);
    if (value) filter[name] = value;
  }
  for (const name of times) {
    const { [name]: written, ...rest } = filter;
    if (written === undefined) continue;
    const at = timeOf(written, zone);
    filter = at === undefined ? rest : { ...rest, [name]: at };
  }
  return filter;
}

/** Writes a filter as a query; empty: no filter. Equal filters give equal text. */
export function writeFilter(filter: Filter): string {
  const params = new URLSearchParams();
  for (const place of places) if (filter.places?.includes(place)) params.append('places', place);
  for (const name of lists) for (const value of filter[name] ?? []) params.append(name, value);
  for (const priority of filter.priorities ?? []) params.append('priorities', String(priority));
  for (const name of texts) if (filter[name]) params.append(name, filter[name]);
  return params.toString();
}

/** The address of the explorer with a filter. */
export function jobsHref(filter: Filter): string {
  const search = writeFilter(filter);
  return search ? `/jobs?${search}` : '/jobs';
}

/**
 * A name as a part of a path. Browsers and proxies treat `.` and `..` as folders and decode `%2f`
 * in a path, so such a name goes into the query, and `~` takes its place in the path.
 */
export const asPart = (name: string): [part: string, search: string] =>
  /^[\w.-]+$/.test(name) && !/^\.{1,2}$/.test(name) ? [name, ''] : ['~', `?name=${encodeURIComponent(name)}`];

const nameHref = (folder: string, name: string): string => {
  const [part, search] = asPart(name);
  return `/${folder}/${part}${search}`;
};

/** The address of one job. */
export const jobHref = (jid: string): string => nameHref('jobs', jid);

/** The same, with the state in which the job was last seen, to search there first. */
export function jobInHref({ jid, place }: { jid: string; place: JobPlace }): string {
  const href = jobHref(jid);
  return `${href}${href.includes('?') ? '&' : '?'}place=${place}`;
}

/** The address of a queue. */
export const queueHref = (name: string): string => nameHref('queues', name);

/** The address of the workers page with this worker only. */
export const workerHref = (wid: string): string => `/workers?${new URLSearchParams({ text: wid })}`;

/** The address of the errors of a jobtype. */
export const errorsHref = (jobtype: string | undefined): string =>
  jobtype === undefined ? '/errors' : `/errors?${new URLSearchParams({ jobtype })}`;
