/**
 * Counts the ready jobs of queues by priority, finds the oldest, and counts the jobs before one
 * job. Runs in the reader's thread.
 *
 * One priority is never counted: the engine knows the size of the queue, so that priority has the
 * rest. Nearly all queues use one priority, and then nothing is counted. The index finds the first
 * job of each priority without reading others.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Database } from '../state/binding.ts';
import { readEntryName } from '../state/entry-name.ts';
import { place } from '../state/schema.ts';

const LONGEST_BITE = 50; // ms
const DEFAULT = 5;

const FIRSTS = `WITH level (priority) AS (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9))
  SELECT priority, (SELECT enqueued_at FROM job INDEXED BY job_ready
    WHERE place = ${place.ready} AND queue = ? AND job.priority = level.priority ORDER BY seq LIMIT 1) AS at FROM level`;
const COUNT = `SELECT count(*) AS n FROM job INDEXED BY job_ready
  WHERE place = ${place.ready} AND queue = ? AND priority = ?`;

/** The figures of one queue. */
export interface Levels {
  readonly queue: number;
  /** Jobs by priority, starting with 1; 0 for the priority that was not counted. */
  readonly counted: readonly number[];
  /** The priority that was not counted. */
  readonly rest: number;
  readonly oldest: Micros | undefined;
}

/**
 * Returns the figures of queues by row id. It may leave out queues at the end; ask again for those.
 */
export function levels(db: Database, queues: readonly number[]): Levels[] {
  const firsts = db.prepare(FIRSTS);
  const counting = db.prepare(COUNT);
  const until = performance.now() + LONGEST_BITE;
  const found: Levels[] = [];
  for (const queue of queues) {
    if (found.length > 0 && performance.now() > until) break;
    const rows = firsts.all(queue) as { priority: number; at: Micros | null }[];
    const there = rows.filter(({ at }) => at !== null).map(({ priority }) => priority);
    const rest = there.length === 0 || there.includes(DEFAULT) ? DEFAULT : (there[0] ?? DEFAULT);
    const counted = rows.map(({ priority, at }) =>
      at === null || priority === rest ? 0 : (counting.get(queue, priority) as { n: number }).n,
    );
    const times = rows.flatMap(({ at }) => (at === null ? [] : [at]));
    found.push({ queue, counted, rest, oldest: times.length > 0 ? Math.min(...times) : undefined });
  }
  return found;
}

const READY = `SELECT queue, priority, seq FROM job WHERE id = ? AND place = ? AND seq = ? AND jid = ? AND place = ${place.ready}`;
const BEFORE = `SELECT (SELECT count(*) FROM job INDEXED BY job_ready WHERE place = ${place.ready} AND queue = ?1 AND priority > ?2)
  + (SELECT count(*) FROM job INDEXED BY job_ready
      WHERE place = ${place.ready} AND queue = ?1 AND priority = ?2 AND (seq, id) < (?3, ?4)) AS n`;

/** How many jobs are handed out before this one; undefined: it is no longer ready. */
export function ahead(db: Database, entry: string): number | undefined {
  const name = readEntryName(entry);
  const row = name && db.prepare(READY).get(name.id, name.code, name.seq, name.jid);
  if (!row) return undefined;
  const { queue, priority, seq } = row as { queue: number; priority: number; seq: number };
  return (db.prepare(BEFORE).get(queue, priority, seq, name.id) as { n: number }).n;
}
