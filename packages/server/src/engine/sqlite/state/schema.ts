/**
 * The format on disk. When it changes: add a step to `migrations` (never edit an old one), so that `user_version`
 * rises by one, and add a restart test that opens a file of the old version.
 *
 * One row per job, moved between places by UPDATE. Indexes are partial: a ready job stands in `job_ready` alone, all
 * others in `job_timed`, and those of the sets in `job_jid` too. Clients send random jids; an index over all of them
 * cut bulk pushes to a quarter, and one over the working set is kept in memory (working-set.ts). Place codes begin at 2 and no column of a ready row is NULL or 0 where a later place has a number, because
 * SQLite keeps 0, 1 and NULL in no bytes: a row that keeps its size is overwritten in place when it is fetched.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Database } from './binding.ts';

/** Where a job is. The numbers are on disk. */
export const place = { ready: 2, scheduled: 3, retries: 4, working: 5, dead: 6 } as const;

/** The `wid` column of a job that no worker holds. */
export const NO_WORKER = 1000;

/** Marks the file as ours ("FkTs"). */
const applicationId = 0x466b5473;

const migrations: readonly string[] = [
  `CREATE TABLE job (
     id INTEGER PRIMARY KEY,
     place INTEGER NOT NULL,
     queue INTEGER NOT NULL,          -- queue.id
     priority INTEGER NOT NULL,       -- 1 to 9
     seq INTEGER NOT NULL,            -- ready: order within the priority; working: number of the hand-out (µs); else unused
     due INTEGER NOT NULL,            -- µs: when this place ends for the job; working: 2^53 - 1 means with its worker's lease; unused when ready
     reserve INTEGER NOT NULL,        -- seconds a reservation lasts
     wid INTEGER NOT NULL,            -- worker.id; ${NO_WORKER} means none
     enqueued_at INTEGER NOT NULL,    -- µs; 0 means never enqueued yet
     jid TEXT NOT NULL,
     document TEXT NOT NULL,          -- wire JSON without enqueued_at and failure; never changes
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
     day INTEGER PRIMARY KEY,         -- UTC days since 1970; 0 holds the sum of all
     processed INTEGER NOT NULL,
     failures INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE mark (id INTEGER PRIMARY KEY, written_at INTEGER NOT NULL) STRICT;`,
  // The working set leaves the index of jids, and the sum of all days its row: both cost each commit a write.
  `DROP INDEX job_jid;
   CREATE INDEX job_jid ON job (jid) WHERE place > ${place.ready} AND place <> ${place.working};
   DELETE FROM tally WHERE day = 0;`,
  `CREATE TABLE producer (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     pushed INTEGER NOT NULL,         -- lines of PUSH and PUSHB that were carried out
     seen_at INTEGER NOT NULL         -- µs: the last of them
   ) STRICT;`,
  // How often the job's worker fell silent while it held it.
  'ALTER TABLE job ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;',
  // What a producer could not be told before its connection broke.
  `ALTER TABLE producer ADD COLUMN keep INTEGER NOT NULL DEFAULT ${30 * 86_400_000_000}; -- µs after seen_at
   CREATE TABLE note (
     producer INTEGER NOT NULL,       -- producer.id
     line INTEGER NOT NULL,
     text TEXT NOT NULL,
     PRIMARY KEY (producer, line)
   ) STRICT, WITHOUT ROWID;`,
  // Changes that can be undone, failed executions of each job, and what happened when.
  `ALTER TABLE job ADD COLUMN attempts TEXT; -- JSON array of failed executions; NULL means none is kept
   CREATE TABLE undo (                -- changes by operators
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     action TEXT NOT NULL,
     who TEXT NOT NULL,               -- empty means that it is not known
     made_at INTEGER NOT NULL,        -- µs: its first commit
     until INTEGER NOT NULL,          -- µs: when it can no longer be undone
     count INTEGER NOT NULL           -- rows of former
   ) STRICT;
   CREATE TABLE former (              -- jobs before such a change
     id INTEGER PRIMARY KEY,
     undo INTEGER NOT NULL,           -- undo.id
     job INTEGER NOT NULL,            -- job.id
     jid TEXT NOT NULL,
     to_place INTEGER NOT NULL,       -- where the change put it; 0 means nowhere, and so in the next four
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
     document TEXT,                   -- NULL means the change left it as it is
     reserve INTEGER NOT NULL,        -- this and the next only of a job that the change discarded, else 0 and NULL
     losses INTEGER NOT NULL,
     failure TEXT,
     attempts TEXT
   ) STRICT;
   CREATE INDEX former_undo ON former (undo);
   CREATE INDEX former_job ON former (job);
   CREATE TABLE history (             -- what happened to jobs
     step INTEGER NOT NULL,           -- seconds: 60 or 3600
     at INTEGER NOT NULL,             -- µs: its begin
     text TEXT NOT NULL,              -- JSON of a Tally
     PRIMARY KEY (step, at)
   ) STRICT;
   CREATE TABLE fault (               -- kinds of errors
     id INTEGER PRIMARY KEY,
     fingerprint TEXT NOT NULL UNIQUE,
     errtype TEXT NOT NULL,
     message TEXT NOT NULL,           -- without what differs from one time to the next
     first INTEGER NOT NULL,          -- µs
     last INTEGER NOT NULL,
     jid TEXT NOT NULL                -- of the last job
   ) STRICT;
   CREATE TABLE fault_hour (
     at INTEGER NOT NULL,             -- µs: the hour's begin
     fault INTEGER NOT NULL,          -- fault.id
     jobtype TEXT NOT NULL,
     count INTEGER NOT NULL,
     PRIMARY KEY (at, fault, jobtype)
   ) STRICT, WITHOUT ROWID;`,
  // Jobs by when they failed: `seq` of retries and dead is the time of the last failure, in µs (of a job that was killed from
  // another place: of that). Before, it was the time of the last hand-out, and a dead job is kept for 180 days after its failure.
  `UPDATE job SET seq = due - ${180 * 86_400_000_000} WHERE place = ${place.dead} AND due > ${180 * 86_400_000_000};
   CREATE INDEX job_failed ON job (seq, place) WHERE place = ${place.retries} OR place = ${place.dead};`,
  // Whose the names of producers and workers are, as in the audit log: never a secret. Empty: nobody's.
  `ALTER TABLE producer ADD COLUMN owner TEXT NOT NULL DEFAULT '';
   ALTER TABLE worker ADD COLUMN owner TEXT NOT NULL DEFAULT '';`,
  // A kind of error with a message as it was told.
  `ALTER TABLE fault ADD COLUMN sample TEXT NOT NULL DEFAULT '';`,
];

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

/** Makes the tables, or brings an older file forward, in one commit. */
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

/** The version of the files that this server makes. */
export const newestFormat = migrations.length;

/** Which version of the format a file has. */
export function formatOf(db: Database): number {
  return pragma(db, 'user_version');
}

function pragma(db: Database, name: string): number {
  return (db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
}
