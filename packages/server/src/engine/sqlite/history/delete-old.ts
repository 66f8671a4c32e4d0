/**
 * Deletes what would grow without bound, when the store opens. Daily counts older than 400 days
 * become one sum. Names of removed queues without jobs are deleted, and slots of gates whose
 * reservation is not there. It must never change a sum.
 */
import { nowMicros } from '@faktory-ts/protocol';
import type { Database } from '../state/binding.ts';
import { LOST_SLOTS } from '../state/schema.ts';

const DAY = 86_400_000_000; // µs
const KEPT_DAYS = 400; // a year and a month; the pages show half a year
const MANY_QUEUES = 1000; // removed queues: fewer are left alone

/** Deletes it, in one commit for days, one for queues and one for slots. */
export function deleteOld(db: Database): void {
  const last = Math.floor(nowMicros() / DAY) - KEPT_DAYS;
  const old = `FROM tally WHERE day BETWEEN 1 AND ${last}`;
  const { n: days } = db.prepare(`SELECT count(*) AS n ${old}`).get() as { n: number };
  if (days > 0) {
    db.exec(`BEGIN IMMEDIATE;
      INSERT INTO tally SELECT 0, sum(processed), sum(failures) ${old}
        ON CONFLICT (day) DO UPDATE SET processed = processed + excluded.processed, failures = failures + excluded.failures;
      DELETE ${old};
      COMMIT`);
  }
  const { n: queues } = db.prepare('SELECT count(*) AS n FROM queue WHERE listed = 0').get() as { n: number };
  // This reads all jobs, so it is not worth it for a few queues.
  if (queues > MANY_QUEUES)
    db.exec(`DELETE FROM queue WHERE listed = 0 AND id NOT IN
      (SELECT queue FROM job UNION SELECT queue FROM former UNION SELECT to_queue FROM former)`);
  const { n: slots } = db.prepare(`SELECT count(*) AS n ${LOST_SLOTS}`).get() as { n: number };
  if (slots > 0) db.exec(`DELETE ${LOST_SLOTS}`);
}
