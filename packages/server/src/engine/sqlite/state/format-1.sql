-- A file as servers of format 1 wrote it: each place, two live jobs with one jid, a paused queue, counted days.
-- schema.test.ts opens it. Never edit it: it stands for files out there.
CREATE TABLE job (
  id INTEGER PRIMARY KEY, place INTEGER NOT NULL, queue INTEGER NOT NULL, priority INTEGER NOT NULL, seq INTEGER NOT NULL,
  due INTEGER NOT NULL, reserve INTEGER NOT NULL, wid INTEGER NOT NULL, enqueued_at INTEGER NOT NULL,
  jid TEXT NOT NULL, document TEXT NOT NULL, failure TEXT
) STRICT;
CREATE INDEX job_ready ON job (queue, priority DESC, seq) WHERE place = 2;
CREATE INDEX job_timed ON job (place, due) WHERE place > 2;
CREATE INDEX job_jid ON job (jid) WHERE place > 2;
CREATE TABLE queue (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, listed INTEGER NOT NULL, paused INTEGER NOT NULL) STRICT;
CREATE TABLE worker (id INTEGER PRIMARY KEY, wid TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE tally (day INTEGER PRIMARY KEY, processed INTEGER NOT NULL, failures INTEGER NOT NULL) STRICT;
CREATE TABLE mark (id INTEGER PRIMARY KEY, written_at INTEGER NOT NULL) STRICT;
INSERT INTO queue VALUES (1, 'default', 1, 0), (2, 'mail', 1, 1);
INSERT INTO worker VALUES (1001, 'w1');
-- id, place, queue, priority, seq, due, reserve, wid, enqueued_at, jid, document, failure
INSERT INTO job VALUES
  (1, 2, 1, 5, 1781092800000001, 1781092800000001, 1800, 1000, 1781092800000001, 'ready-001', '{"retry":25,"jid":"ready-001","queue":"default","jobtype":"T","created_at":"2026-06-10T12:00:00Z","args":[]}', NULL),
  (2, 2, 1, 9, 1781092800000002, 1781092800000002, 1800, 1000, 1781092800000002, 'urgent-01', '{"retry":25,"jid":"urgent-01","queue":"default","jobtype":"T","priority":9,"created_at":"2026-06-10T12:00:00Z","args":[]}', NULL),
  (3, 3, 2, 5, 0, 1781096400000000, 1800, 1000, 0, 'later-001', '{"retry":25,"jid":"later-001","queue":"mail","jobtype":"T","created_at":"2026-06-10T12:00:00Z","at":"2026-06-10T13:00:00Z","args":[]}', NULL),
  (4, 4, 1, 5, 1781092800000003, 1781096400000000, 1800, 1000, 1781092800000003, 'retry-001', '{"retry":25,"jid":"retry-001","queue":"default","jobtype":"T","created_at":"2026-06-10T12:00:00Z","args":[]}', '{"failed_at":"2026-06-10T12:00:00Z","message":"no","retry_count":0,"remaining":25}'),
  (5, 5, 1, 5, 1781092800000005, 1781094600000005, 1800, 1001, 1781092800000004, 'twice-001', '{"retry":25,"jid":"twice-001","queue":"default","jobtype":"First","created_at":"2026-06-10T12:00:00Z","args":[]}', NULL),
  (6, 5, 1, 5, 1781092800000006, 1781094600000006, 1800, 1001, 1781092800000004, 'twice-001', '{"retry":25,"jid":"twice-001","queue":"default","jobtype":"Second","created_at":"2026-06-10T12:00:00Z","args":[]}', NULL),
  (7, 6, 1, 5, 1781092800000007, 1796644800000000, 1800, 1000, 1781092800000005, 'dead-0001', '{"retry":0,"jid":"dead-0001","queue":"default","jobtype":"T","created_at":"2026-06-10T12:00:00Z","args":[]}', '{"failed_at":"2026-06-10T12:00:00Z","message":"no","retry_count":1,"remaining":0}');
INSERT INTO tally VALUES (0, 12, 3), (20613, 5, 1), (20614, 7, 2);
PRAGMA application_id = 1181439091;
PRAGMA user_version = 1;
