/**
 * Carries out MUTATE on a set: first collects the matching rows, then changes them.
 *
 * Both phases run in bites of one turn each, so that a set of a million entries never blocks the
 * server. Each entry changes in one commit. An entry that left the set between the phases is not
 * changed.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { SetChange } from '../../engine.ts';
import { Portion } from '../commit/portion.ts';
import type { PickBite, PickMark } from '../reading/pick.ts';
import type { Reader } from '../reading/reader.ts';
import { toColumn } from '../state/column.ts';
import { JOB_BYTES, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { endAfter } from '../state/times.ts';
import { capDead } from './cap-dead.ts';
import { happenedTo } from './moments.ts';
import { makeReady } from './timed.ts';

const BITE = 500; // rows changed, or jids looked up, in one turn
const PAGE_ROWS = 2000; // rows whose ids one turn reads
const BEFORE_ALL: PickMark = { due: -1, id: -1 };

const PAGE = `SELECT id, due FROM job INDEXED BY job_timed
  WHERE place = ? AND place > ${place.ready} AND (due, id) > (?, ?) ORDER BY due, id LIMIT ${PAGE_ROWS}`;
const BY_JID = `SELECT id FROM job INDEXED BY job_jid
  WHERE jid = ? AND place = ? AND place > ${place.ready} AND place <> ${place.working}`;
const STILL_THERE = `SELECT id, queue, ${JOB_BYTES} AS bytes FROM job WHERE id = ? AND place = ?`;
const KILL = `UPDATE job SET place = ${place.dead}, due = ?, seq = CASE place WHEN ${place.retries} THEN seq ELSE ? END WHERE id = ?`;

/** Applies the change to every matching entry of the set. Returns how many were changed. */
export async function changeSet(
  store: Store,
  reader: Reader,
  change: SetChange,
  deadLimit: number,
): Promise<number> {
  const ids = await matchingIds(store, reader, change);
  let [changed, done] = [0, 0];
  while (done < ids.length) {
    const bite = await store.turn.runLong(() => changeBite(store, change, ids, done));
    changed += bite.changed;
    done = bite.done;
    if (change.change !== 'kill' || bite.changed === 0) continue;
    while (await store.turn.runLong(() => evict(store, deadLimit)));
  }
  return changed;
}

function matchingIds(store: Store, reader: Reader, change: SetChange): Promise<number[]> {
  if (change.jids) return byJids(store, change, change.jids);
  const all = change.jobtype === undefined && change.regexp === undefined;
  return all ? allIds(store, change) : byText(store, reader, change);
}

async function byJids(store: Store, { set }: SetChange, jids: readonly string[]): Promise<number[]> {
  const ids = new Set<number>();
  for (let from = 0; from < jids.length; from += BITE) {
    await store.turn.runLong(() => {
      for (const jid of jids.slice(from, from + BITE)) {
        for (const row of store.sql(BY_JID).all(toColumn(jid), place[set]) as { id: number }[])
          ids.add(row.id);
      }
    });
  }
  return [...ids];
}

async function allIds(store: Store, { set }: SetChange): Promise<number[]> {
  const ids: number[] = [];
  const pageAfter = ({ due, id }: PickMark): Promise<PickMark[]> =>
    store.turn.runLong(() => store.sql(PAGE).all(place[set], due, id) as unknown as PickMark[]);
  let rows = await pageAfter(BEFORE_ALL);
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    for (const { id } of rows) ids.push(id);
    rows = rows.length < PAGE_ROWS ? [] : await pageAfter(last);
  }
  return ids;
}

async function byText(store: Store, reader: Reader, { set, jobtype, regexp }: SetChange): Promise<number[]> {
  const picked: number[][] = [];
  // The reader sees only committed jobs, so wait until the pushes of this turn are committed.
  await store.turn.runLong(() => undefined);
  let after: PickMark | undefined = BEFORE_ALL;
  while (after) {
    const bite: PickBite = await reader.ask('pick', { code: place[set], jobtype, regexp, after });
    picked.push(bite.ids);
    after = bite.next;
  }
  return picked.flat();
}

/** Changes rows from number `start` on, until a bite is full. `done`: how many were looked at so far. */
function changeBite(
  store: Store,
  change: SetChange,
  ids: readonly number[],
  start: number,
): { readonly changed: number; readonly done: number } {
  const from = place[change.set];
  const now = store.clock();
  const bite = new Portion(BITE);
  let [changed, done] = [0, start];
  store.turn.begin();
  for (; done < ids.length; done++) {
    const id = ids[done] as number;
    const row = store.sql(STILL_THERE).get(id, from) as
      | { id: number; queue: number; bytes: number }
      | undefined;
    if (bite.isFull(row?.bytes)) break;
    if (!row) continue;
    changed += 1;
    store.counts.move(from, -1);
    happenedTo(store, id, WAY_OF[change.change]);
    if (change.change === 'discard') store.write('DELETE FROM job WHERE id = ?', id);
    else if (change.change === 'requeue') makeReady(store, row, now);
    else kill(store, id, endAfter(now, change.deadFor ?? 0));
  }
  return { changed, done };
}

function evict(store: Store, deadLimit: number): boolean {
  store.turn.begin();
  return capDead(store, deadLimit);
}

const WAY_OF = { discard: 'deleted', kill: 'killed', requeue: 'ready' } as const;

function kill(store: Store, id: number, until: Micros): void {
  store.write(KILL, until, store.clock(), id);
  store.enter(place.dead, until);
}
