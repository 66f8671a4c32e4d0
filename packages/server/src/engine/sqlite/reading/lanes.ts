/**
 * Cuts the places of a search into lanes. A lane is one range of an index, in the order of hand-out
 * or due time. The cursor of a search says how far it has come, and in which lane.
 */
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { FindAsk, Place } from '../../engine.ts';
import type { Value } from '../state/binding.ts';
import { toColumn } from '../state/column.ts';
import { place as codes } from '../state/schema.ts';
import type { Condition } from './matching.ts';

/**
 * Most values of a list that SQL looks up. SQL reads the list again in each window, which takes 10 ms for
 * 10,000 jids. Longer lists are looked up in a set, by reading only the keys of each row.
 */
const MOST_IN_SQL = 100;

/** The columns that {@link Lane.accepts} needs. */
export interface Keys {
  readonly jid: string;
  readonly queue: number;
}

/** One range of an index. */
export interface Lane {
  /** The place of its rows. The lane of failed jobs may have two places: then the first of them. */
  readonly place: Place;
  /** The condition that the index answers; windows are counted by it. */
  readonly where: Condition;
  /** The conditions that are checked row by row. */
  readonly filter: readonly Condition[];
  /** The condition of the lists that are too long for SQL. Undefined: there are none. */
  readonly accepts?: ((keys: Keys) => boolean) | undefined;
  /** The index finds the rows by jid, not in their order: they are sorted after each lookup of all jids. */
  readonly byJid?: true;
  /** The column that orders the index. */
  readonly order: 'seq' | 'due';
  /** Reads the range from its end to its start. */
  readonly down?: true;
  readonly queue: number;
  readonly priority: number;
}

/** The position of a row in its lane. */
export interface Mark {
  readonly at: number;
  readonly id: number;
}

/** Returns the position before the first row. */
export const startOf = ({ down }: Pick<Lane, 'down'>): Mark =>
  down ? { at: Number.MAX_SAFE_INTEGER, id: 0 } : { at: Number.MIN_SAFE_INTEGER, id: 0 };

/** Returns the lanes in the order in which they are searched. */
export function lanesOf(ask: FindAsk, queueNames: ReadonlyMap<number, string>): Lane[] {
  const { queues, wid, jids, order, failedFrom, failedUntil } = ask;
  const failed: readonly Place[] = ask.places.filter((place) => place === 'retries' || place === 'dead');
  const places = failedFrom === undefined && failedUntil === undefined ? ask.places : failed;
  const wanted = queues && new Set(queues);
  const asked = [...queueNames].filter(([, name]) => !wanted || wanted.has(name));
  asked.sort(([, a], [, b]) => (a < b ? -1 : 1));
  if (asked.length === 0) return []; // no queue of these names exists
  const ids = asked.map(([id]) => id);
  return places
    .filter((place) => wid === undefined || place === 'working')
    .flatMap((place) => {
      if (place === 'ready') return readyLanes(ask, ids);
      if (order !== 'failed' || jids || !failed.includes(place)) return [timedLane(ask, place, ids)];
      return place === failed[0] ? [failedLane(ask, failed, ids)] : [];
    });
}

/**
 * Returns retries and dead as one lane, the latest failure first. The first condition on `place`
 * repeats the one of the partial index; the second selects the asked places within the index.
 */
function failedLane(ask: FindAsk, places: readonly Place[], queues: readonly number[]): Lane {
  const { from, until, failedFrom, failedUntil } = ask;
  const indexed: Condition[] = [
    { sql: `(place = ${codes.retries} OR place = ${codes.dead})`, values: [] },
    { sql: `place IN (${places.map((place) => codes[place]).join(',')})`, values: [] },
    ...between('seq', failedFrom, failedUntil),
  ];
  const among = amongQueues(ask, queues);
  const filter = [...among.filter, ...between('due', from, until), ...everFailed(ask)];
  const sql = `INDEXED BY job_failed WHERE ${indexed.map((part) => part.sql).join(' AND ')}`;
  const where = { sql, values: indexed.flatMap((part) => part.values) };
  const order = { order: 'seq', down: true } as const;
  return {
    place: places[0] as Place,
    where,
    filter,
    accepts: among.accepts,
    ...order,
    queue: 0,
    priority: 0,
  };
}

/** A job that was killed before it ever failed has the time of the kill, which is no failure. */
const everFailed = ({ failedFrom, failedUntil }: FindAsk): Condition[] =>
  (failedFrom ?? failedUntil) !== undefined ? [{ sql: 'failure IS NOT NULL', values: [] }] : [];

/** A condition on a list: in SQL, or of a long list in JavaScript. */
type Among = Pick<Lane, 'filter' | 'accepts'>;

function amongQueues(ask: FindAsk, ids: readonly number[]): Among {
  if (!ask.queues) return { filter: [] };
  if (ids.length <= MOST_IN_SQL) return { filter: [{ sql: `queue IN (${ids.join(',')})`, values: [] }] };
  const wanted = new Set(ids);
  return { filter: [], accepts: ({ queue }) => wanted.has(queue) };
}

function amongJids(jids: readonly string[] | undefined): Among {
  if (!jids) return { filter: [] };
  if (jids.length <= MOST_IN_SQL) return { filter: [withJids(jids)] };
  const wanted = new Set(jids.map(toColumn));
  return { filter: [], accepts: ({ jid }) => wanted.has(jid) };
}

/** Returns the condition that both conditions are met. */
function both(one: Among, other: Among): Among {
  const [first, second] = [one.accepts, other.accepts];
  const accepts = first && second ? (keys: Keys) => first(keys) && second(keys) : (first ?? second);
  return { filter: [...one.filter, ...other.filter], accepts };
}

/** Returns lanes by queue and priority, in the order of hand-out. */
function readyLanes({ priorities, from, until, jids }: FindAsk, queues: readonly number[]): Lane[] {
  const levels = [9, 8, 7, 6, 5, 4, 3, 2, 1].filter((level) => !priorities || priorities.includes(level));
  const sql = `INDEXED BY job_ready WHERE place = ${codes.ready} AND queue = ? AND priority = ?`;
  const among = amongJids(jids);
  const filter = [...among.filter, ...between('enqueued_at', from, until)];
  const { accepts } = among;
  return queues.flatMap((queue) =>
    levels.map((priority): Lane => {
      const where = { sql, values: [queue, priority] };
      return { place: 'ready', where, filter, accepts, order: 'seq', queue, priority };
    }),
  );
}

function timedLane(ask: FindAsk, place: Exclude<Place, 'ready'>, queues: readonly number[]): Lane {
  const { jids, wid, from, until, failedFrom, failedUntil } = ask;
  const byJid = jids !== undefined && place !== 'working';
  const among = both(amongJids(byJid ? undefined : jids), amongQueues(ask, queues));
  const filter = [...among.filter, ...between('seq', failedFrom, failedUntil), ...everFailed(ask)];
  if (wid !== undefined) {
    filter.push({ sql: 'wid = (SELECT id FROM worker WHERE wid = ?)', values: [toColumn(wid)] });
  }
  const indexed: Condition[] = [{ sql: `place = ? AND place > ${codes.ready}`, values: [codes[place]] }];
  if (byJid) indexed.push({ sql: `place <> ${codes.working}`, values: [] }, withJids(jids));
  // The index has the due times of a set's entries, but not when reserved jobs were handed out.
  if (place === 'working') filter.push(...between('seq', from, until));
  else indexed.push(...between('due', from, until));
  const sql = `INDEXED BY ${byJid ? 'job_jid' : 'job_timed'} WHERE ${indexed.map((part) => part.sql).join(' AND ')}`;
  const values: Value[] = indexed.flatMap((part) => part.values);
  const how = { accepts: among.accepts, ...(byJid && ({ byJid } as const)) };
  return { place, where: { sql, values }, filter, ...how, order: 'due', queue: 0, priority: 0 };
}

/** Returns the condition that the job has one of these jids. */
function withJids(jids: readonly string[]): Condition {
  return { sql: 'jid IN (SELECT value FROM json_each(?))', values: [JSON.stringify(jids.map(toColumn))] };
}

function between(column: string, from: Micros | undefined, until: Micros | undefined): Condition[] {
  const conditions: Condition[] = [];
  if (from !== undefined) conditions.push({ sql: `${column} >= ?`, values: [from] });
  if (until !== undefined) conditions.push({ sql: `${column} < ?`, values: [until] });
  return conditions;
}

/** Where a search continues. */
export interface Cursor {
  readonly scanned: number;
  /** Index of the lane; the number of lanes when that lane no longer exists. */
  readonly lane: number;
  readonly mark: Mark;
}

export function writeCursor(scanned: number, { place, queue, priority }: Lane, { at, id }: Mark): string {
  return [scanned, codes[place], queue, priority, at, id].join('.');
}

/** Throws INVALID for a text that is no cursor. */
export function readCursor(cursor: string | undefined, lanes: readonly Lane[]): Cursor {
  if (cursor === undefined) return { scanned: 0, lane: 0, mark: startOf(lanes[0] ?? {}) };
  if (!/^\d{1,15}(\.\d{1,15}){3}\.-?\d{1,16}\.\d{1,16}$/.test(cursor)) {
    throw new FaktoryError('INVALID', 'invalid cursor: send the cursor of the last answer unchanged');
  }
  const [scanned = 0, code = 0, queue = 0, priority = 0, at = 0, id = 0] = cursor.split('.').map(Number);
  const lane = lanes.findIndex(
    (each) => codes[each.place] === code && each.queue === queue && each.priority === priority,
  );
  return { scanned, lane: lane < 0 ? lanes.length : lane, mark: { at, id } };
}
