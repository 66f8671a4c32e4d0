/*
 * Shapes of the web UI's REST and WebSocket, shared by server and page. Types only. It must never hold code. A stranger would get
 * wrong that times are RFC 3339 texts and durations seconds throughout, and that texts of jobs are cut in lists and hidden by rule.
 */

import type { Attention } from './attention.ts';
import type { JobPlace, UndoneJobs } from './operating.ts';
import type { JobEvent, WorkerStatus } from './watching.ts';

/** What a caller may do; `admin` includes all others. A session may also have rights of features. */
export type ApiRight = 'push' | 'fetch' | 'read' | 'operate' | 'admin';

/** Any answer that is not of the 200s: `{ "error": … }`. */
export interface ApiError {
  /** The code of the error: `AUTH`, `FORBIDDEN`, `MALFORMED`, `NOT_FOUND`, `CROSS_ORIGIN`, … */
  code: string;
  /** What is wrong and what to do next, in English. */
  error: string;
}

/** The answer to `GET /api/session` and `POST /api/login`. */
export interface ApiSession {
  /** `password`, `token NAME` or `anybody`. */
  who: string;
  rights: readonly string[];
  /** Whether there is something to log out of. */
  login: boolean;
  /** Argument values are hidden by rule. */
  redacted: boolean;
  /** Requests over HTTP must prove who sends them. */
  password: boolean;
  /** Where clients push and fetch. */
  wire: WireAddress;
  /** This product's version, for a page that is older than its server. */
  version: string;
  /** RFC 3339, by which a page knows how far its clock is off. */
  now: string;
}

/** Where clients push and fetch. */
export interface WireAddress {
  /** The host that the server listens on; absent: all of them, so also the one by which the page was opened. */
  host?: string;
  port: number;
  tls: boolean;
  /** Clients must prove that they know a password. */
  password: boolean;
}

/** A queue as the page shows it. */
export interface QueueRow {
  name: string;
  paused: boolean;
  /** Ready jobs. */
  size: number;
  /** Ready jobs by priority: the first is priority 1, the ninth 9. */
  priorities: readonly number[];
  /** Seconds that its longest-waiting job has waited. On `/api/live` a row is not sent again when this alone has grown. */
  latency: number;
  /** RFC 3339: since when that job waits; absent: none does. A page counts the seconds on by it. */
  oldest_at?: string;
  /** Jobs a second over the last minute: that became ready, and that were handed out. */
  rate_in: number;
  rate_out: number;
  /** Workers that ask for it. */
  workers: number;
}

/** Sizes and counts, sampled. */
export interface LiveStats {
  /** RFC 3339. */
  at: string;
  ready: number;
  scheduled: number;
  retries: number;
  working: number;
  dead: number;
  /** Most jobs that dead keeps; 0: no limit. */
  dead_limit: number;
  /** Dead jobs deleted since the server started, because dead was over its limit. */
  dead_evicted: number;
  /** Jobs that the workers run at once, as far as they say. */
  slots: number;
  /** Since the store was made: executions that ended, and those of them that failed. */
  processed: number;
  failures: number;
  /** Since the server started. */
  pushed: number;
  queues: number;
  workers: number;
  /** Consumer and producer connections. */
  connections: number;
  /** Seconds: of the longest-waiting ready job of all queues that are not paused. */
  latency: number;
  memory_mb: number;
  uptime: number;
}

/** One second of the last three minutes, in the sums of {@link LiveStats}. */
export type SecondSample = Pick<LiveStats, 'at' | 'processed' | 'failures' | 'pushed'> & {
  /** Absent: so many queues have jobs that nobody looked. */
  latency?: number;
};

/** What a page may subscribe to on `/api/live`. */
export type LiveTopic = 'stats' | 'attention' | 'queues' | 'workers' | 'events';

/** What the page sends on `/api/live`: the topics from now on. */
export interface LiveAsk {
  topics: readonly LiveTopic[];
}

/**
 * What the server sends on `/api/live`, and answers to `GET /api/live?topics=…` (then whole, without events). Each message holds what
 * changed since the last one to this page: at most a few a second, and fewer where the page reads slowly.
 */
export interface LiveUpdate {
  stats?: LiveStats;
  attention?: readonly Attention[];
  /** The first message has all queues; then those that changed; null: it is gone. */
  queues?: Readonly<Record<string, QueueRow | null>>;
  /** By wid, as queues. */
  workers?: Readonly<Record<string, WorkerStatus | null>>;
  events?: readonly JobEvent[];
  /** Events were left out: look again. */
  missed?: boolean;
}

/** One step of a chart. Seconds for times. */
export interface HistoryPoint {
  /** RFC 3339: the start of the step. */
  at: string;
  pushed: number;
  done: number;
  /** Executions that failed, without those of `dead`. */
  failed: number;
  /** Executions that failed for good. */
  dead: number;
  wait?: { p50: number; p95: number; p99: number };
  run?: { p50: number; p95: number; p99: number };
}

/** The answer to `GET /api/history`. Steps in which nothing happened are there too. */
export interface History {
  /** Seconds. */
  step: number;
  /** RFC 3339: when it was asked. The last step goes only so far. */
  until: string;
  points: HistoryPoint[];
}

/** Sums of a jobtype in a queue over a span. */
export interface KindRow {
  queue: string;
  jobtype: string;
  pushed: number;
  done: number;
  /** Executions that failed, without those of `dead`. */
  failed: number;
  /** Executions that failed for good. */
  dead: number;
}

/** Failures of one kind: of one error type and one message, numbers, names, addresses and paths in it aside. */
export interface ErrorGroup {
  /** `fingerprints` of a filter takes it; `other` has no jobs. */
  id: string;
  errtype: string;
  /** Without what differs from one time to the next; `*`: all messages of the errtype. */
  message: string;
  /** The first line of the message as it was told last; empty: it is not known. */
  sample: string;
  jobtypes: readonly string[];
  /** Jobtypes of the jobs that are there now. */
  there: readonly string[];
  /** Jobs with this failure that are there now. */
  retries: number;
  dead: number;
  /** Failures in the span. */
  failures: number;
  first_at: string;
  last_at: string;
  /** One of the jobs. */
  jid?: string;
  hours: readonly { at: string; count: number }[];
}

/** The answer to `GET /api/errors`. */
export interface ErrorGroups {
  groups: ErrorGroup[];
  /** Not all jobs were looked at. */
  partial: boolean;
}

/** A change that can be undone. */
export interface UndoableChange {
  name: string;
  action: string;
  /** Who did it: `password`, `token NAME` or `anybody`. */
  who?: string;
  at: string;
  /** Until when. */
  until: string;
  count: number;
}

/** The answer to a bite of `POST /api/undo`. */
export type Undone = UndoneJobs;

/** A jobtype that the server has seen, for the form that pushes. */
export interface KnownJobtype {
  jobtype: string;
  queue: string;
  /** JSON text of the arguments of one that was seen. */
  args: string;
}

/** The answer to `GET /api/about`. */
export interface About {
  name: string;
  version: string;
  node: string;
  platform: string;
  pid: number;
  started_at: string;
  /** Folder, size, mode. */
  storage: {
    dir: string;
    /** The file of the store; of it what is free for new jobs; and the log beside it. */
    bytes: number;
    free: number;
    log: number;
    sync: string;
    disk_free: number;
    disk_total: number;
    commits: number;
    operations: number;
    commit_seconds: number;
  };
  backups: { every_seconds: number | null; keep: number; last_error: string | null };
  /** Names and values, secrets left out. */
  settings: readonly { name: string; value: string; default: string }[];
}

/** A client that is connected. */
export interface ClientRow {
  address: string;
  /** Of a worker. */
  wid?: string;
  hostname?: string;
  labels?: readonly string[];
  who: string;
  connected_at: string;
  /** Commands it has sent. */
  commands: number;
}

/** A backup. */
export interface BackupRow {
  id: string;
  made_at: string;
  bytes: number;
  jobs: Readonly<Record<JobPlace, number>>;
  /** Why it cannot be used. */
  bad?: string;
}
