/**
 * Functions for the server’s REST API: one per route, with the protocol’s types. TanStack Query
 * caches the answers.
 *
 * Addresses are relative to <base>, so the page works below any path. Note: arguments of jobs
 * travel as JSON text, because parsing them here would round large numbers.
 */
import type {
  About,
  ApiError,
  ApiSession,
  BackupRow,
  ChangeAsk,
  ChangedJobs,
  ClientRow,
  CountedJobs,
  ErrorGroups,
  History,
  JobDetail,
  JobFilter,
  JobPlace,
  JobRows,
  KindRow,
  KnownJobtype,
  LiveTopic,
  LiveUpdate,
  QueueRow,
  SecondSample,
  UndoableChange,
  Undone,
  WorkersStatus,
} from '@faktory-ts/protocol';
import { asPart } from './filter.ts';

/** Spans that charts can show; the server picks the step. */
export const spans = ['30m', '3h', '24h', '7d', '30d', '180d'] as const;
/** One of {@link spans}. */
export type Span = (typeof spans)[number];

/** Values of a query: lists become repeated parameters. */
export type Query = Readonly<Record<string, string | number | readonly (string | number)[] | undefined>>;

/** A response outside 200–299, or no response at all (`status` 0, code `OFFLINE`). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds to wait before a retry; 0: the server did not say. */
  readonly retryAfter: number;

  constructor(status: number, code: string, message: string, retryAfter = 0) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** The base address of the page, with a slash at its end. */
export function baseUrl(): URL {
  return new URL('.', document.baseURI);
}

/** The address of a route below /api. */
export function apiUrl(path: string, query: Query = {}): string {
  const url = new URL(`api/${path}`, baseUrl());
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== '') url.searchParams.append(name, String(one));
  return url.href;
}

const listeners = new Set<() => void>();

/** Calls `back` on every 401; returns a function that stops this. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function problemOf(answer: Response): Promise<ApiProblem> {
  const retryAfter = Number(answer.headers.get('retry-after')) || 0;
  const text = await answer.text();
  try {
    const { code, error } = JSON.parse(text) as ApiError;
    if (error) return new ApiProblem(answer.status, code, error, retryAfter);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause; // not JSON: a proxy's own error page; only its status is known
  }
  return new ApiProblem(answer.status, 'HTTP', `${answer.status} ${answer.statusText}`.trim(), retryAfter);
}

async function call<T>(path: string, init: RequestInit, query?: Query): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(apiUrl(path, query), { credentials: 'same-origin', ...init });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiProblem(0, 'OFFLINE', cause instanceof Error ? cause.message : String(cause));
  }
  if (answer.status === 401 && path !== 'login') for (const listener of listeners) listener();
  if (!answer.ok) throw await problemOf(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  call(path, signal ? { signal } : {}, query);

const post = <T = void>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> =>
  postText(path, JSON.stringify(body), signal);

const postTo = (path: string, query: Query): Promise<void> =>
  call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }, query);

const postText = <T>(path: string, body: string, signal?: AbortSignal): Promise<T> =>
  call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    ...(signal && { signal }),
  });

/** The route of one queue or job; a name that is not safe in a path goes into the query. */
function named(folder: 'queues' | 'jobs', name: string, verb = ''): [path: string, query: Query] {
  const [part, search] = asPart(name);
  return [`${folder}/${part}${verb}`, search === '' ? {} : { name }];
}

/** The file with the whole text of a job. */
export function rawUrl(jid: string, place: JobPlace): string {
  const [path, query] = named('jobs', jid, '/raw');
  return apiUrl(path, { ...query, place });
}

/** The options of a job list besides its filter. */
export type JobsQuery = JobFilter & { limit?: number; cursor?: string; order?: 'failed' };

/** Every route that the page uses. Each throws {@link ApiProblem}. */
export const api = {
  session: () => get<ApiSession>('session'),
  login: (user: string, password: string) => post<ApiSession>('login', { ...(user && { user }), password }),
  logout: () => post('logout'),
  live: (topics: readonly LiveTopic[]) => get<LiveUpdate>('live', { topics }),

  queues: () => get<{ queues: QueueRow[] }>('queues'),
  queue: (name: string) => get<QueueRow>(...named('queues', name)),
  pauseQueue: (name: string) => postTo(...named('queues', name, '/pause')),
  resumeQueue: (name: string) => postTo(...named('queues', name, '/resume')),
  removeQueue: (name: string) => postTo(...named('queues', name, '/remove')),

  jobs: (ask: JobsQuery, signal?: AbortSignal) => get<JobRows>('jobs', { ...ask }, signal),
  countJobs: (ask: JobsQuery, signal?: AbortSignal) => get<CountedJobs>('jobs/count', { ...ask }, signal),
  changeJobs: (ask: ChangeAsk & { undo?: string }, signal?: AbortSignal) =>
    post<ChangedJobs>('jobs/change', ask, signal),
  job: (jid: string, place?: string, signal?: AbortSignal) => {
    const [path, query] = named('jobs', jid);
    return get<JobDetail>(path, { ...query, place }, signal);
  },
  /** Pushes a job given as JSON text, unchanged. */
  push: (jobText: string) => postText<{ jid: string }>('jobs', jobText),
  jobtypes: () => get<{ jobtypes: KnownJobtype[] }>('jobtypes'),

  history: (span: Span, of: { queue?: string; jobtype?: string } = {}) =>
    get<History>('history', { span, ...of }),
  seconds: () => get<{ samples: SecondSample[] }>('seconds'),
  kinds: (span: Span) => get<{ kinds: KindRow[] }>('kinds', { span }),
  errors: (span: Span, signal?: AbortSignal) => get<ErrorGroups>('errors', { span }, signal),

  workers: () => get<WorkersStatus>('workers'),
  signalWorkers: (wid: string, state: 'quiet' | 'terminate') =>
    post<{ signalled: number }>('workers/signal', { wid, state }),

  undoable: () => get<{ changes: UndoableChange[] }>('undo'),
  undo: (name: string) => post<Undone>('undo', { name }),

  about: () => get<About>('about'),
  clients: () => get<{ clients: ClientRow[] }>('clients'),
  backups: () => get<{ backups: BackupRow[] }>('backups'),
  makeBackup: () => post<BackupRow>('backups'),
} as const;
