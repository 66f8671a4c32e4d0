/**
 * Defines the row of a job before an operator changed it. Operations record it, and undo.ts stores
 * it.
 */

import { DOCUMENT, documentIn } from './document.ts';

/** Where a job is: its place, and its order there. */
export interface Position {
  readonly place: number;
  readonly queue: number;
  readonly priority: number;
  readonly seq: number;
  readonly due: number;
}

/** The position of a deleted job. */
export const NOWHERE: Position = { place: 0, queue: 0, priority: 0, seq: 0, due: 0 };

/** The row of a job before the change. */
export interface Former extends Position {
  readonly id: number;
  readonly jid: string;
  readonly enqueued_at: number;
  readonly document: string;
  readonly reserve: number;
  readonly losses: number;
  readonly failure: string | null;
  readonly attempts: string | null;
  readonly deadline: number | null;
  readonly consequences: string | null;
  readonly bits: number;
}

/** The columns of {@link Former}, for {@link readFormer}. */
export const FORMER = `id, jid, place, queue, priority, seq, due, enqueued_at, ${DOCUMENT} AS document, reserve, losses, failure, attempts, deadline, consequences, bits`;

/** Reads a row that was selected with {@link FORMER}. */
export function readFormer<Row extends Former>(row: Row): Row {
  return typeof row.document === 'string' ? row : { ...row, document: documentIn(row.document) };
}
