/**
 * Makes the job of an answer from a row that a search found.
 */
import type { Found, HeldName, Place } from '../../engine.ts';
import { fromColumn } from '../state/column.ts';
import { writeEntryName } from '../state/entry-name.ts';
import { NO_END } from '../state/leases.ts';
import { place as codes } from '../state/schema.ts';
import type { Mark } from './lanes.ts';

/** A row as a search reads it. */
export interface Row extends Mark {
  readonly document: string | Uint8Array;
  readonly failure: string | null;
  readonly jid: string;
  readonly queue: number;
  readonly place: number;
  readonly priority: number;
  readonly seq: number;
  readonly due: number;
  readonly enqueued_at: number;
  readonly wid: number;
  readonly deadline: number | null;
  readonly attempts?: string | null;
  readonly consequences?: string | null;
}

/** Makes the answer. `wid` is called only for a reserved job, `held` only for one with consequences. */
export function foundOf(
  row: Row,
  place: Place,
  document: string,
  names: {
    readonly queue: string | undefined;
    readonly wid: () => string;
    readonly held: (consequences: string) => HeldName[];
  },
): Found {
  const jid = fromColumn(row.jid);
  const at = {
    ready: row.enqueued_at,
    working: row.seq,
    scheduled: row.due,
    retries: row.due,
    dead: row.due,
  };
  return {
    entry: writeEntryName({ id: row.id, code: codes[place], seq: row.seq, jid: row.jid }),
    place,
    jid,
    queue: names.queue ?? '',
    priority: row.priority,
    at: at[place],
    ...((place === 'retries' || place === 'dead') && { failedAt: row.seq }),
    ...(row.deadline !== null && { deadline: row.deadline }),
    enqueuedAt: row.enqueued_at || undefined,
    document,
    failure: row.failure ?? undefined,
    attempts: row.attempts ?? undefined,
    ...(row.consequences && { names: names.held(row.consequences) }),
    ...(place === 'working' && {
      wid: names.wid(),
      expiresAt: row.due === NO_END ? undefined : row.due,
    }),
  };
}
