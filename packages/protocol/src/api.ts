/**
 * Types of what INFO and the server's HTTP side return, for the web UI and clients. Types only: the
 * web UI imports nothing else of this package.
 *
 * Note: clients assert parts of it: a semver `faktory_version` of major 1, the sizes under `tasks`,
 * and an `uptime` in whole seconds.
 */

/**
 * Counters of a task that moves jobs out of scheduled, retries or dead, since the server started.
 */
export interface SetTask {
  /** Entries in the set now. */
  size: number;
  /** Jobs it moved. */
  enqueued: number;
  /** How often it ran. */
  cycles: number;
  /** Seconds of all runs together. */
  wall_time_sec: number;
}

/**
 * Counters of a task that ends expired reservations or silent workers, since the server started.
 */
export interface ReapTask {
  /** Reservations or workers now. */
  size: number;
  /** Reservations or workers that the task ended. */
  reaped: number;
}

/** The answer to INFO and to `GET /stats`. */
export interface Info {
  /** RFC 3339. */
  now: string;
  /** `HH:MM:SS UTC`. */
  server_utc_time: string;
  faktory: {
    /** Number of waiting jobs by queue, with 0 for empty queues. */
    queues: Record<string, number>;
    sets: { dead: number; retries: number; scheduled: number; working: number };
    tasks: { Busy: ReapTask; Dead: SetTask; Retries: SetTask; Scheduled: SetTask; Workers: ReapTask };
    total_failures: number;
    total_processed: number;
    /** Jobs that wait in all queues. */
    total_enqueued: number;
    total_queues: number;
  };
  server: {
    /** `Faktory`; a text with `Enterprise` makes clients use batches and tracking. */
    description: string;
    /** The Faktory version this server behaves as: semver, 1.8 or later. */
    faktory_version: string;
    /** Seconds since the start. */
    uptime: number;
    connections: number;
    command_count: number;
    used_memory_mb: number;
    /** This product's own name and version. */
    name: string;
    version: string;
    /** How durable `+OK` is: `full`, `relaxed` or `off`. */
    sync: string;
    /** Maximum number of dead jobs; 0: no limit. */
    dead_limit: number;
    /** Dead jobs evicted since the start because there were more than `dead_limit`. */
    dead_evicted: number;
    /**
     * Since the start: commits, the operations in them, and the seconds of committing and syncing.
     */
    commits: number;
    committed_operations: number;
    commit_time_sec: number;
  };
}

/** The answer to `GET /health`; needs no password. */
export interface Health {
  /** RFC 3339. */
  now: string;
  server: { description: string; faktory_version: string; connections: number; command_count: number };
  /**
   * Only where backups are made: time of the newest one (RFC 3339; absent when there is none), and
   * whether the last attempt failed.
   */
  backups?: { newest?: string | undefined; failed: boolean } | undefined;
  /** Why the status is 503; absent with status 200. */
  error?: string;
}

/**
 * The answer to `GET /health/ready`: 200 when the server accepts jobs, otherwise 503. Needs no
 * password.
 */
export interface Readiness {
  /** RFC 3339. */
  now: string;
  ready: boolean;
  /** `ok`, or the reason why the server is not ready. */
  checks: { storage: string; disk: string; running: string };
  backups?: Health['backups'];
}
