/*
 * Shapes that the server's HTTP side and INFO give out and that the web UI and clients read. Types only. It
 * must never hold code: the web UI imports nothing else of this package. A stranger would get wrong that
 * clients assert much of this: a semver `faktory_version` of major 1, the sizes under `tasks`, an `uptime` in
 * whole seconds.
 */

/** What a moving task (scheduled, retries, dead) has done since the server started. */
export interface SetTask {
  /** Entries in the set now. */
  size: number;
  /** Jobs it moved. */
  enqueued: number;
  /** How often it ran. */
  cycles: number;
  /** Seconds it took, all together. */
  wall_time_sec: number;
}

/** What a reaping task has ended since the server started. */
export interface ReapTask {
  /** Reservations or workers there are now. */
  size: number;
  /** Those that ran out of time. */
  reaped: number;
}

/** The answer to INFO and to `GET /stats`. */
export interface Info {
  /** RFC 3339. */
  now: string;
  /** `HH:MM:SS UTC`. */
  server_utc_time: string;
  faktory: {
    /** Every known queue and how many jobs wait in it; 0 for those that are empty. */
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
    /** Most jobs that dead keeps; 0: no limit. */
    dead_limit: number;
    /** Dead jobs deleted since the start because dead was over its limit. */
    dead_evicted: number;
    /** Commits since the start, the operations in them, and the seconds that committing and syncing took. */
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
  /** Where backups are made: when the newest was (RFC 3339; absent when there is none), and whether the last try failed. */
  backups?: { newest?: string | undefined; failed: boolean } | undefined;
  /** Why the answer is 503; absent when all is well. */
  error?: string;
}

/** The answer to `GET /health/ready`, with 200 when the server takes work and 503 when not; needs no password. */
export interface Readiness {
  /** RFC 3339. */
  now: string;
  ready: boolean;
  /** `ok`, or why not. */
  checks: { storage: string; disk: string; running: string };
  backups?: Health['backups'];
}
