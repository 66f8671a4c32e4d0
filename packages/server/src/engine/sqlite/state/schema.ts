/**
 * Defines the format on disk. To change it, add a step to `migrations`, so that `user_version`
 * rises by one. Never edit the statements of an old step. Add a restart test that opens a file of
 * the old version.
 *
 * One row per job; an UPDATE moves it between places. The indexes are partial: a ready job is only
 * in `job_ready`, all others are in `job_timed`, and jobs of the sets are in `job_jid` too. An
 * index over all jids cut bulk pushes to a quarter, because clients send random jids. The working
 * set is indexed by jid in memory (working-set.ts).
 *
 * Note: place codes start at 2, and no column of a ready row is NULL or 0 when it is a number in a
 * later place, because SQLite stores 0, 1 and NULL in no bytes. A row that keeps its size is
 * overwritten in place by a fetch.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Database } from './binding.ts';

/** The places of a job. These numbers are stored on disk. */
export const place = { ready: 2, scheduled: 3, retries: 4, working: 5, dead: 6 } as const;

/** Beside the codes of places: what `lapse` works on. It is not on disk. */
export const ENDS = 0;

/** SQL of the bytes of a job's texts, as far as hand-outs and deletions are bounded by them. */
export const JOB_BYTES = 'octet_length(document) + coalesce(octet_length(failure), 0)';

/** The same of a row of `former`. */
export const FORMER_BYTES =
  'coalesce(octet_length(document), 0) + coalesce(octet_length(failure), 0) + coalesce(octet_length(attempts), 0)';

/** The `wid` column of a job that no worker has reserved. */
export const NO_WORKER = 1000;

/** Marks a SQLite file as a store of this server ("FkTs"). */
export const applicationId = 0x466b5473;

const migrations: readonly string[] = [
  `CREATE TABLE job (
     id INTEGER PRIMARY KEY,
     place INTEGER NOT NULL,
     queue INTEGER NOT NULL,          -- queue.id
     priority INTEGER NOT NULL,       -- 1 to 9
     seq INTEGER NOT NULL,            -- ready: order; working: reservation id; retries, dead: µs of the failure
     due INTEGER NOT NULL,            -- µs: when it leaves the place; 2^53 - 1: with its worker's lease
     reserve INTEGER NOT NULL,        -- seconds a reservation lasts
     wid INTEGER NOT NULL,            -- worker.id; ${NO_WORKER} means none
     enqueued_at INTEGER NOT NULL,    -- µs; 0 means never enqueued yet
     jid TEXT NOT NULL,
     document TEXT NOT NULL,          -- wire JSON without enqueued_at and failure
     failure TEXT                     -- wire JSON; NULL means it never failed
   ) STRICT;
   CREATE INDEX job_ready ON job (queue, priority DESC, seq) WHERE place = ${place.ready};
   CREATE INDEX job_timed ON job (place, due) WHERE place > ${place.ready};
   CREATE INDEX job_jid ON job (jid) WHERE place > ${place.ready};
   CREATE TABLE queue (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     listed INTEGER NOT NULL,         -- 1 from the first ready job until QUEUE REMOVE
     paused INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE worker (id INTEGER PRIMARY KEY, wid TEXT NOT NULL UNIQUE) STRICT;
   CREATE TABLE tally (               -- executions ended
     day INTEGER PRIMARY KEY,         -- UTC days since 1970; 0: the sum of all days before
     processed INTEGER NOT NULL,
     failures INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE mark (id INTEGER PRIMARY KEY, written_at INTEGER NOT NULL) STRICT;`,
  // The index of jids no longer has the working set, and no row holds the sum of all days: each
  // commit saves two writes.
  `DROP INDEX job_jid;
   CREATE INDEX job_jid ON job (jid) WHERE place > ${place.ready} AND place <> ${place.working};
   DELETE FROM tally WHERE day = 0;`,
  `CREATE TABLE producer (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     pushed INTEGER NOT NULL,         -- lines of PUSH and PUSHB that were carried out
     seen_at INTEGER NOT NULL         -- µs: when the last one was carried out
   ) STRICT;`,
  // How often the job's worker was lost while it had the job reserved.
  'ALTER TABLE job ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;',
  // Refusals for producers whose connection broke before the reply.
  // A producer is deleted `keep` µs after `seen_at`.
  `ALTER TABLE producer ADD COLUMN keep INTEGER NOT NULL DEFAULT ${30 * 86_400_000_000};
   CREATE TABLE note (
     producer INTEGER NOT NULL,       -- producer.id
     line INTEGER NOT NULL,
     text TEXT NOT NULL,
     PRIMARY KEY (producer, line)
   ) STRICT, WITHOUT ROWID;`,
  // Changes that can be undone, the failed executions of each job, and the history of counts and
  // errors.
  `ALTER TABLE job ADD COLUMN attempts TEXT; -- JSON array of failed executions; NULL means none is kept
   CREATE TABLE undo (                -- changes by operators
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     action TEXT NOT NULL,
     who TEXT NOT NULL,               -- who made the change; empty: unknown
     made_at INTEGER NOT NULL,        -- µs: time of its first commit
     until INTEGER NOT NULL,          -- µs: when it can no longer be undone
     count INTEGER NOT NULL           -- its rows in former
   ) STRICT;
   CREATE TABLE former (              -- rows of jobs before such a change
     id INTEGER PRIMARY KEY,
     undo INTEGER NOT NULL,           -- undo.id
     job INTEGER NOT NULL,            -- job.id
     jid TEXT NOT NULL,
     to_place INTEGER NOT NULL,       -- where the change put it; 0 here and in the next four: deleted
     to_queue INTEGER NOT NULL,
     to_priority INTEGER NOT NULL,
     to_seq INTEGER NOT NULL,
     to_due INTEGER NOT NULL,
     place INTEGER NOT NULL,          -- from here on as in job
     queue INTEGER NOT NULL,
     priority INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     due INTEGER NOT NULL,
     enqueued_at INTEGER NOT NULL,
     document TEXT,                   -- NULL: the change did not affect it
     reserve INTEGER NOT NULL,        -- from here on: only of a deleted job, else 0 or NULL
     losses INTEGER NOT NULL,
     failure TEXT,
     attempts TEXT
   ) STRICT;
   CREATE INDEX former_undo ON former (undo);
   CREATE INDEX former_job ON former (job);
   CREATE TABLE history (             -- counts of what happened to jobs
     step INTEGER NOT NULL,           -- seconds: 60 or 3600
     at INTEGER NOT NULL,             -- µs: start of the minute or hour
     text TEXT NOT NULL,              -- JSON of a Tally
     PRIMARY KEY (step, at)
   ) STRICT;
   CREATE TABLE fault (               -- kinds of errors
     id INTEGER PRIMARY KEY,
     fingerprint TEXT NOT NULL UNIQUE,
     errtype TEXT NOT NULL,
     message TEXT NOT NULL,           -- without the parts that differ between failures
     first INTEGER NOT NULL,          -- µs
     last INTEGER NOT NULL,
     jid TEXT NOT NULL                -- of the last job that failed so
   ) STRICT;
   CREATE TABLE fault_hour (
     at INTEGER NOT NULL,             -- µs: start of the hour
     fault INTEGER NOT NULL,          -- fault.id
     jobtype TEXT NOT NULL,
     count INTEGER NOT NULL,
     PRIMARY KEY (at, fault, jobtype)
   ) STRICT, WITHOUT ROWID;`,
  // `seq` of retries and dead becomes the time of the last failure in µs, so that searches can sort
  // by it. For a job killed in another place it is the time of the kill. Before, it was the time of
  // the last hand-out; a dead job is kept for 180 days after its failure, so its end says when it
  // failed.
  `UPDATE job SET seq = due - ${180 * 86_400_000_000} WHERE place = ${place.dead} AND due > ${180 * 86_400_000_000};
   CREATE INDEX job_failed ON job (seq, place) WHERE place = ${place.retries} OR place = ${place.dead};`,
  // The user or token that a producer's or worker's name belongs to, as in the audit log; never a
  // secret. Empty: none.
  `ALTER TABLE producer ADD COLUMN owner TEXT NOT NULL DEFAULT '';
   ALTER TABLE worker ADD COLUMN owner TEXT NOT NULL DEFAULT '';`,
  // One full message as an example of each kind of error.
  `ALTER TABLE fault ADD COLUMN sample TEXT NOT NULL DEFAULT '';`,
  // What features keep, and what jobs carry for them. A plain job has NULL and 0 there, one byte a column.
  `CREATE TABLE kept (
     key TEXT PRIMARY KEY,
     kind INTEGER NOT NULL,           -- 1 claim, 2 counter, 3 number, 4 value
     value TEXT NOT NULL,
     holder INTEGER NOT NULL,         -- of a claim: job.id; 0 means an operation
     at INTEGER NOT NULL,             -- µs: when it was written last
     until INTEGER,                   -- µs: when it ends; NULL means never
     span INTEGER NOT NULL,           -- 1: until means a length, so it moves when the clock is set
     at_zero TEXT,                    -- of a counter: JSON of effects; NULL means that they were applied
     lapse TEXT                       -- of a counter: JSON of effects
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX kept_until ON kept (until) WHERE until IS NOT NULL;
   ALTER TABLE job ADD COLUMN deadline INTEGER; -- µs: not handed out from then on; NULL means never
   ALTER TABLE job ADD COLUMN consequences TEXT; -- JSON: moment to effects
   ALTER TABLE job ADD COLUMN bits INTEGER NOT NULL DEFAULT 0; -- of a job with consequences: 1 executed, 2 failing
   ALTER TABLE job ADD COLUMN key_group TEXT; -- reserved: the group of the job inside its queue
   CREATE INDEX job_deadline ON job (deadline) WHERE deadline IS NOT NULL AND place < ${place.working};
   CREATE INDEX job_carries ON job (bits) WHERE consequences IS NOT NULL;
   CREATE INDEX job_group ON job (queue, key_group) WHERE key_group IS NOT NULL;
   ALTER TABLE former ADD COLUMN deadline INTEGER; -- this and the next only of a job that the change discarded
   ALTER TABLE former ADD COLUMN consequences TEXT;
   ALTER TABLE former ADD COLUMN bits INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE former ADD COLUMN claims TEXT; -- JSON: the claims that it held`,
  // Gates: slots that reservations hold, and how much of a rate is used.
  `CREATE TABLE slot (
     reservation INTEGER NOT NULL,    -- seq of the reserved job
     key TEXT NOT NULL,
     job INTEGER NOT NULL,            -- job.id
     until INTEGER NOT NULL,          -- µs: free from then on, although the job still runs
     PRIMARY KEY (reservation, key)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE rate (
     key TEXT PRIMARY KEY,
     full_at INTEGER NOT NULL         -- µs: when the whole burst is available again
   ) STRICT, WITHOUT ROWID;`,
  // Small texts that servers share, such as the sessions of the web UI. Dumps and backups leave it out.
  `CREATE TABLE shared (
     name TEXT PRIMARY KEY,
     text TEXT NOT NULL,
     at INTEGER NOT NULL,             -- µs: when it was written
     until INTEGER NOT NULL           -- µs: deleted then
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX shared_until ON shared (until);`,
];

/** Slots whose reservation is not there. */
export const LOST_SLOTS = `FROM slot WHERE NOT EXISTS (SELECT 1 FROM job
  WHERE job.id = slot.job AND job.seq = slot.reservation AND job.place = ${place.working})`;

/** Throws STORAGE for a file of another program or of a newer server. Changes nothing. */
export function refuseForeign(db: Database, path: string): void {
  const version = formatOf(db);
  const tables = (db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }).n;
  if (pragma(db, 'application_id') !== applicationId && (tables > 0 || version > 0)) {
    throw new FaktoryError(
      'STORAGE',
      `${path} is a SQLite file of another program; choose another data folder`,
    );
  }
  if (version > migrations.length) {
    const text = `${path} was written by a newer server (format ${version}, this one knows ${migrations.length}); start that version, or restore a backup`;
    throw new FaktoryError('STORAGE', text);
  }
}

/** Creates the tables or migrates an older file, in one commit. */
export function migrate(db: Database): void {
  const version = formatOf(db);
  if (version === migrations.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of migrations.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

/** The format version of files that this server writes. */
export const newestFormat = migrations.length;

/** Returns the format version of a file. */
export function formatOf(db: Database): number {
  return pragma(db, 'user_version');
}

export function hasTable(db: Database, name: string): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;
}

function pragma(db: Database, name: string): number {
  return (db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
}
