/**
 * MUTATE's work on a set: first collect the picked rows, then change them, both in bites of one turn each, so that a
 * set of a million entries never stops the server. Each entry changes in one commit; an entry that left the set
 * between the two phases is left alone.
 */
import { type Micros, wireJob } from '@faktory-ts/protocol';
import type { SetChange } from '../engine.ts';
import { toColumn } from './column.ts';
import { capDead } from './held.ts';
import { place } from './schema.ts';
import type { Store } from './store.ts';
import { makeReady } from './timed.ts';

const BITE = 500;

interface Row {
  id: number;
  due: number;
  document: string;
  enqueued_at: number;
  failure: string | null;
}

const PAGE = `SELECT id, due, document, enqueued_at, failure FROM job INDEXED BY job_timed
  WHERE place = ? AND place > ${place.ready} AND (due, id) > (?, ?) ORDER BY due, id LIMIT ${BITE}`;
const BY_JID = `SELECT id FROM job INDEXED BY job_jid
  WHERE jid = ? AND place = ? AND place > ${place.ready} AND place <> ${place.working}`;
const STILL_THERE = 'SELECT id, queue FROM job WHERE id = ? AND place = ?';
const KILL = `UPDATE job SET place = ${place.dead}, due = ? WHERE id = ?`;

/** Applies the change to every picked entry of the set; says how many there were. */
export async function changeSet(store: Store, change: SetChange, deadLimit: number): Promise<number> {
  const ids = change.jids ? await byJids(store, change, change.jids) : await byScan(store, change);
  let changed = 0;
  for (let from = 0; from < ids.length; from += BITE) {
    const bite = ids.slice(from, from + BITE);
    changed += await store.turn.run(() => changeRows(store, change, bite, deadLimit));
  }
  return changed;
}

async function byJids(store: Store, { set }: SetChange, jids: readonly string[]): Promise<number[]> {
  const ids = new Set<number>();
  for (let from = 0; from < jids.length; from += BITE) {
    await store.turn.run(() => {
      for (const jid of jids.slice(from, from + BITE)) {
        for (const row of store.sql(BY_JID).all(toColumn(jid), place[set]) as { id: number }[])
          ids.add(row.id);
      }
    });
  }
  return [...ids];
}

async function byScan(store: Store, { set, matches }: SetChange): Promise<number[]> {
  const ids: number[] = [];
  const picks = (row: Row): boolean => !matches || matches(jobtype(row), () => text(row));
  const pageAfter = (due: Micros, id: number): Promise<Row[]> =>
    store.turn.run(() => store.sql(PAGE).all(place[set], due, id) as Row[]);
  let rows = await pageAfter(-1, -1);
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    for (const row of rows) if (picks(row)) ids.push(row.id);
    rows = rows.length < BITE ? [] : await pageAfter(last.due, last.id);
  }
  return ids;
}

function jobtype(row: Row): string {
  return (JSON.parse(row.document) as { jobtype: string }).jobtype;
}

function text(row: Row): string {
  return wireJob(row.document, row.enqueued_at || undefined, row.failure ?? undefined);
}

function changeRows(store: Store, change: SetChange, ids: readonly number[], deadLimit: number): number {
  const from = place[change.set];
  const now = store.clock();
  let changed = 0;
  store.turn.begin();
  for (const id of ids) {
    const row = store.sql(STILL_THERE).get(id, from) as { id: number; queue: number } | undefined;
    if (!row) continue;
    changed += 1;
    store.counts.move(from, -1);
    if (change.change === 'discard') store.write('DELETE FROM job WHERE id = ?', id);
    else if (change.change === 'requeue') makeReady(store, row, now);
    else kill(store, id, change.deadUntil ?? now);
  }
  if (change.change === 'kill') capDead(store, deadLimit);
  return changed;
}

function kill(store: Store, id: number, until: Micros): void {
  store.write(KILL, until, id);
  store.enter(place.dead, until);
}
