/**
 * Small texts that servers share for a while, such as the sessions of the web UI.
 */
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { SharedText } from '../../engine.ts';
import { fromColumn, toColumn } from '../state/column.ts';
import type { Store } from '../state/store.ts';
import { endAfter } from '../state/times.ts';

const NAME = /^[\w.:-]{1,200}$/;
const MOST_TEXT = 65_536; // characters
const MOST = 10_000; // texts in one answer
const SHARE = 'INSERT OR REPLACE INTO shared (name, text, at, until) VALUES (?, ?, ?, ?)';
const EXPIRED = 'SELECT name FROM shared WHERE until <= ? ORDER BY until LIMIT ?';
const BY_PREFIX =
  'SELECT name, text, at FROM shared WHERE name >= ? AND name < ? AND until > ? ORDER BY name LIMIT ?';

/** Stores or deletes a text. Runs inside a turn. Throws INVALID. */
export function share(store: Store, name: string, text: string | undefined, lasts: Micros): void {
  if (!NAME.test(name) || (text?.length ?? 0) > MOST_TEXT)
    throw new FaktoryError('INVALID', 'a shared text has a name that cannot be, or over 64 Ki characters');
  store.turn.begin();
  if (text === undefined) store.write('DELETE FROM shared WHERE name = ?', name);
  else {
    const now = store.clock();
    store.write(SHARE, name, toColumn(text), now, endAfter(now, lasts));
  }
}

/** The texts whose names begin with the prefix. */
export function shared(store: Store, prefix: string): Map<string, SharedText> {
  // Names are ASCII, so DEL is behind every longer name.
  const rows = store.sql(BY_PREFIX).all(prefix, `${prefix}\u007f`, store.clock(), MOST);
  return new Map(
    (rows as (SharedText & { name: string })[]).map(({ name, text, at }) => [
      name,
      { text: fromColumn(text), at },
    ]),
  );
}

/** Deletes texts whose end has passed; returns how many. Runs inside a turn. */
export function expire(store: Store, limit: number): number {
  const rows = store.sql(EXPIRED).all(store.clock(), limit) as { name: string }[];
  if (rows.length > 0) store.turn.begin();
  for (const { name } of rows) store.write('DELETE FROM shared WHERE name = ?', name);
  return rows.length;
}

/** When the next text ends. */
export function nextEnd(store: Store): Micros | undefined {
  const row = store.sql('SELECT min(until) AS until FROM shared').get() as { until: number | null };
  return row.until ?? undefined;
}
