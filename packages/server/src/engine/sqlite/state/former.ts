/**
 * A job as it was before an operator changed it: its whole row. What changes jobs and what pushes them out of dead tells of it, and undo.ts
 * keeps it.
 */

/** Where a job stands. */
export interface Position {
  readonly place: number;
  readonly queue: number;
  readonly priority: number;
  readonly seq: number;
  readonly due: number;
}

/** Where a discarded job is. */
export const NOWHERE: Position = { place: 0, queue: 0, priority: 0, seq: 0, due: 0 };

/** A job's row before a change. */
export interface Former extends Position {
  readonly id: number;
  readonly jid: string;
  readonly enqueued_at: number;
  readonly document: string;
  readonly reserve: number;
  readonly losses: number;
  readonly failure: string | null;
  readonly attempts: string | null;
}

/** The columns of {@link Former}. */
export const FORMER =
  'id, jid, place, queue, priority, seq, due, enqueued_at, document, reserve, losses, failure, attempts';
