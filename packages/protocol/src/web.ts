/**
 * Types of the web UI's REST API and WebSocket, for server and page. Types only.
 *
 * Note: times are RFC 3339 texts and durations are seconds. Texts of jobs are cut in lists, and may
 * be hidden by a redaction rule.
 */

import type { Attention } from './attention.ts';
import type { JobPlace, UndoneJobs } from './operating.ts';
import type { JobEvent, WorkerStatus } from './watching.ts';

/**
 * The rights of a caller; `admin` includes all others. A session may also have rights of features.
 */
export type ApiRight = 'push' | 'fetch' | 'read' | 'operate' | 'admin';

/** Every answer whose status is not 2xx: `{ "error": … }`. */
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
  /** Whether there is a session to log out of. */
  login: boolean;
  /** Argument values are hidden by a redaction rule. */
  redacted: boolean;
  /** HTTP requests need authentication. */
  password: boolean;
  /** Address for clients. */
  wire: WireAddress;
  /** This product's version, so that a page can see that its server was updated. */
  version: string;
  /** RFC 3339: the server's clock, by which a page corrects its own. */
  now: string;
}

/** The address where clients push and fetch. */
export interface WireAddress {
  /** The host that the server listens on; absent: all addresses, so the page's host works too. */
  host?: string;
  port: number;
  tls: boolean;
  /** Clients need a password. */
  password: boolean;
}

/** A queue in the web UI. */
export interface QueueRow {
  name: string;
  paused: boolean;
  /** Ready jobs. */
  size: number;
  /** Ready jobs by priority: the first is priority 1, the ninth 9. */
  priorities: readonly number[];
  /**
   * Seconds that its oldest ready job has waited. On `/api/live` a row is not sent again when only
   * this number grew.
   */
  latency: number;
  /**
   * RFC 3339: since when that job waits; absent when no job waits. A page computes the current
   * latency from it.
   */
  oldest_at?: string;
  /** Jobs a second over the last minute that became ready; `rate_out`: that were handed out. */
  rate_in: number;
  rate_out: number;
  /** Number of workers that fetch from it. */
  workers: number;
}

/** Sizes and counters at one moment. */
export interface LiveStats {
  /** RFC 3339. */
  at: string;
  ready: number;
  scheduled: number;
  retries: number;
  working: number;
  dead: number;
  /** Maximum number of dead jobs; 0: no limit. */
  dead_limit: number;
  /** Dead jobs evicted since the start because there were more than `dead_limit`. */
  dead_evicted: number;
  /** Number of jobs that the workers can run at once; workers that do not report it count 0. */
  slots: number;
  /** Executions that ended since the store was created; `failures`: those that failed. */
  processed: number;
  failures: number;
  /** Since the server started. */
  pushed: number;
  queues: number;
  workers: number;
  /** Consumer and producer connections. */
  connections: number;
  /** Seconds that the oldest ready job has waited, in all queues that are not paused. */
  latency: number;
  memory_mb: number;
  uptime: number;
}

/** One second of the last three minutes; counters as in {@link LiveStats}. */
export type SecondSample = Pick<LiveStats, 'at' | 'processed' | 'failures' | 'pushed'> & {
  /** Absent: too many queues have jobs, so it was not measured. */
  latency?: number;
};

/** A topic of `/api/live`. */
export type LiveTopic = 'stats' | 'attention' | 'queues' | 'workers' | 'events';

/** Sent by the page on `/api/live`: the topics from now on. */
export interface LiveAsk {
  topics: readonly LiveTopic[];
}

/**
 * Sent by the server on `/api/live`, and the answer to `GET /api/live?topics=…` (then complete,
 * without events). Each message has the changes since the previous one to this page: at most a few
 * a second, fewer to a page that reads slowly.
 */
export interface LiveUpdate {
  stats?: LiveStats;
  attention?: readonly Attention[];
  /**
   * The first message has all queues, later ones the changed queues; null: the queue was deleted.
   */
  queues?: Readonly<Record<string, QueueRow | null>>;
  /** By wid, in the same way as queues. */
  workers?: Readonly<Record<string, WorkerStatus | null>>;
  events?: readonly JobEvent[];
  /** Events were skipped: reload the list. */
  missed?: boolean;
}

/** One step of a chart. Durations are seconds. */
export interface HistoryPoint {
  /** RFC 3339: the start of the step. */
  at: string;
  pushed: number;
  done: number;
  /** Failed executions without those of `dead`. */
  failed: number;
  /** Executions after which the job was dead. */
  dead: number;
  wait?: { p50: number; p95: number; p99: number };
  run?: { p50: number; p95: number; p99: number };
}

/** The answer to `GET /api/history`. It includes steps without any event. */
export interface History {
  /** Seconds. */
  step: number;
  /** RFC 3339: the time of the request, where the last step ends. */
  until: string;
  points: HistoryPoint[];
}

/** Sums for a jobtype in a queue over a span. */
export interface KindRow {
  queue: string;
  jobtype: string;
  pushed: number;
  done: number;
  /** Failed executions without those of `dead`. */
  failed: number;
  /** Executions after which the job was dead. */
  dead: number;
}

/** Failures of one kind: the same error type and the same message without its variable parts. */
export interface ErrorGroup {
  /** Id for `fingerprints` of a filter; `other` has no jobs. */
  id: string;
  errtype: string;
  /** Without its variable parts; `*`: all messages of the errtype. */
  message: string;
  /** First line of the latest message; empty: unknown. */
  sample: string;
  jobtypes: readonly string[];
  /** Jobtypes of the jobs that exist now. */
  there: readonly string[];
  /** Jobs with this failure that exist now, in retries and (`dead`) in dead. */
  retries: number;
  dead: number;
  /** Failures in the span. */
  failures: number;
  first_at: string;
  last_at: string;
  /** One of these jobs. */
  jid?: string;
  hours: readonly { at: string; count: number }[];
}

/** The answer to `GET /api/errors`. */
export interface ErrorGroups {
  groups: ErrorGroup[];
  /** Not all jobs were examined. */
  partial: boolean;
}

/** A change that can be undone. */
export interface UndoableChange {
  name: string;
  action: string;
  /** The caller: `password`, `token NAME` or `anybody`. */
  who?: string;
  at: string;
  /** RFC 3339: end of the time in which it can be undone. */
  until: string;
  count: number;
}

/** The answer to one request of `POST /api/undo`. */
export type Undone = UndoneJobs;

/** A jobtype that the server has seen, for the form that enqueues a job. */
export interface KnownJobtype {
  jobtype: string;
  queue: string;
  /** JSON text of the arguments of one such job. */
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
  /** Data folder, its size and durability. */
  storage: {
    dir: string;
    /** Size of the store's file; the free part of it; and the size of its log. */
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
  /** Names and values, without secrets. */
  settings: readonly { name: string; value: string; default: string }[];
}

/** A connected client. */
export interface ClientRow {
  address: string;
  /** Only for a worker. */
  wid?: string;
  hostname?: string;
  labels?: readonly string[];
  who: string;
  connected_at: string;
  /** Number of commands it sent. */
  commands: number;
}

/** A backup. */
export interface BackupRow {
  id: string;
  made_at: string;
  bytes: number;
  jobs: Readonly<Record<JobPlace, number>>;
  /** Why the backup cannot be used. */
  bad?: string;
}
