/**
 * Effects: their checks before an operation's first write, and their writes. Runs inside a turn.
 *
 * Note: `applyEffects` iterates over a list that grows, because a counter may push callbacks whose counters reach zero too.
 */
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { Consequences, Effect, End, Entry, KeptValue } from '../../engine.ts';
import { fromColumn, toColumn } from '../state/column.ts';
import { claimsStored, type KeptClaim, KINDS, NO_JOB } from '../state/kept.ts';
import type { Store } from '../state/store.ts';
import { endAfter, storable } from '../state/times.ts';
import { insert } from './insert.ts';

const KIND_OF = ['', 'claim', 'counter', 'number', 'value'] as const;

interface Row {
  readonly key: string;
  readonly kind: number;
  readonly value: string;
  readonly holder: number;
  readonly at: number;
  readonly until: number | null;
  readonly span: 0 | 1;
  readonly at_zero: string | null;
  readonly lapse: string | null;
}

const BY_KEY = 'SELECT * FROM kept WHERE key = ?';
const PUT = `INSERT OR REPLACE INTO kept (key, kind, value, holder, at, until, span, at_zero, lapse)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const DROP = 'DELETE FROM kept WHERE key = ?';
const RELEASE = `DELETE FROM kept WHERE key = ? AND kind = ${KINDS.claim} AND holder = ?`;
const KEEP = 'UPDATE kept SET until = ?, span = ? WHERE key = ? AND (until IS NULL OR until > ?)';
const COUNT = 'UPDATE kept SET value = ?, at = ?, at_zero = ? WHERE key = ?';

/** The columns `until` and `span`. */
type EndColumns = readonly [until: Micros | null, span: 0 | 1];

const NEVER: EndColumns = [null, 0];

function endOf(end: End | undefined, now: Micros): EndColumns {
  if (end === undefined) return NEVER;
  return 'in' in end ? [endAfter(now, end.in), 1] : [storable(end.at), 0];
}

/** The row of a key; one whose end has passed is as good as absent. */
function rowOf(store: Store, key: string, now: Micros): Row | undefined {
  const row = store.sql(BY_KEY).get(toColumn(key)) as Row | undefined;
  return row && (row.until === null || row.until > now) ? row : undefined;
}

/**
 * Why these effects of a call cannot be applied; undefined: they can. Writes nothing. `taken` has the names that earlier jobs of
 * the same operation take, and gets those of this one when it is not refused.
 */
export function refusalOf(
  store: Store,
  effects: readonly Effect[],
  taken: Set<string>,
): FaktoryError | undefined {
  const now = store.clock();
  const claims: string[] = [];
  for (const effect of effects) {
    if (effect.do === 'claim') {
      const { key } = effect;
      if (taken.has(key) || claims.includes(key) || rowOf(store, key, now)) {
        return new FaktoryError('NOTUNIQUE', 'Job not unique');
      }
      claims.push(key);
    } else if (effect.do === 'expect') {
      if (rowOf(store, effect.key, now)?.value !== (effect.value && toColumn(effect.value)))
        return new FaktoryError('STALE', `${effect.key} is not as expected`);
    } else if (effect.do === 'count' && rowOf(store, effect.key, now)?.kind !== KINDS.counter) {
      return new FaktoryError('NOT_FOUND', `there is no counter ${effect.key}`);
    }
  }
  for (const key of claims) taken.add(key);
  return undefined;
}

/** Writes effects that were checked, and all that follow from them. `holder` is the number of the job's row, or {@link NO_JOB}. */
export function applyEffects(store: Store, effects: readonly Effect[], holder: number): void {
  if (effects.length === 0) return;
  store.turn.begin();
  const now = store.clock();
  const todo: Effect[] = [...effects];
  for (let index = 0; index < todo.length; index++) {
    todo.push(...applyOne(store, todo[index] as Effect, index < effects.length ? holder : NO_JOB, now));
  }
}

/** Returns the effects that follow. */
function applyOne(store: Store, effect: Effect, holder: number, now: Micros): readonly Effect[] {
  switch (effect.do) {
    case 'expect':
      return [];
    case 'claim':
      put(store, effect.key, KINDS.claim, '', holder, now, endOf(effect.until, now));
      return [];
    case 'release':
      store.write(RELEASE, toColumn(effect.key), holder);
      return [];
    case 'counter': {
      const { key, value, atZero, until, lapse = [] } = effect;
      const texts = [JSON.stringify(atZero), JSON.stringify(lapse)] as const;
      put(store, key, KINDS.counter, String(value), NO_JOB, now, endOf(until, now), ...texts);
      return [];
    }
    case 'count':
      return count(store, effect.key, effect.by, now);
    case 'number': {
      const row = rowOf(store, effect.key, now);
      const value = Number(row?.value ?? 0) + effect.by;
      put(store, effect.key, KINDS.number, String(value), NO_JOB, now, row ? [row.until, row.span] : NEVER);
      return [];
    }
    case 'put':
      put(store, effect.key, KINDS.value, effect.value, NO_JOB, now, endOf(effect.until, now));
      return [];
    case 'drop':
      store.write(DROP, toColumn(effect.key));
      return [];
    case 'keep':
      for (const key of effect.keys) store.write(KEEP, ...endOf(effect.until, now), toColumn(key), now);
      return [];
    case 'push':
      return effect.entries.flatMap((entry) => pushed(store, entry, now));
  }
}

/** Stores a job that nothing refuses. Its claims are left out where their names are taken. */
function pushed(store: Store, entry: Entry, now: Micros): readonly Effect[] {
  const { effects = [] } = entry;
  const id = insert(store, entry, now);
  for (const effect of effects)
    if (effect.do === 'claim' && !rowOf(store, effect.key, now)) applyOne(store, effect, id, now);
  return effects.filter((effect) => effect.do !== 'claim' && effect.do !== 'expect');
}

function count(store: Store, key: string, by: number, now: Micros): readonly Effect[] {
  const row = rowOf(store, key, now);
  if (row?.kind !== KINDS.counter) return [];
  const value = Number(row.value) + by;
  const fires = value <= 0 && row.at_zero !== null;
  store.write(COUNT, String(value), now, fires ? null : row.at_zero, toColumn(key));
  return fires ? (JSON.parse(row.at_zero as string) as Effect[]) : [];
}

function put(
  store: Store,
  key: string,
  kind: number,
  value: string,
  holder: number,
  now: Micros,
  end: EndColumns,
  atZero: string | null = null,
  lapse: string | null = null,
): void {
  store.write(PUT, toColumn(key), kind, toColumn(value), holder, now, ...end, atZero, lapse);
}

/** The names that a job holds; those whose end has passed are left out. */
export function claimsOf(
  store: Store,
  { id, consequences }: { readonly id: number; readonly consequences: string | null },
): KeptClaim[] {
  if (consequences === null) return [];
  const now = store.clock();
  const all = claimsStored((text) => store.sql(text), id, JSON.parse(consequences) as Consequences);
  return all.filter(({ until }) => until === null || until > now);
}

/** Whether another holder has one of these names. */
export function isTaken(store: Store, claims: readonly KeptClaim[]): boolean {
  const now = store.clock();
  return claims.some(({ key }) => rowOf(store, key, now) !== undefined);
}

/** Gives a job that comes back its names again; those whose end has passed stay free. */
export function takeAgain(store: Store, claims: readonly KeptClaim[], holder: number): void {
  const now = store.clock();
  for (const { key, until, span } of claims)
    if (until === null || until > now) put(store, key, KINDS.claim, '', holder, now, [until, span]);
}

/** Undoes plain numbers, and counts of counters that have not fired. What was pushed, put or dropped stays. */
export function reverse(store: Store, effects: readonly Effect[]): void {
  const now = store.clock();
  for (const effect of effects) {
    if (effect.do === 'number') applyOne(store, { ...effect, by: -effect.by }, NO_JOB, now);
    if (effect.do !== 'count') continue;
    const row = rowOf(store, effect.key, now);
    if (row?.kind === KINDS.counter && row.at_zero !== null)
      store.write(COUNT, String(Number(row.value) - effect.by), now, row.at_zero, toColumn(effect.key));
  }
}

/** What the keys hold; absent ones are left out. */
export function readKept(store: Store, keys: readonly string[]): Map<string, KeptValue> {
  const now = store.clock();
  const found = new Map<string, KeptValue>();
  for (const key of keys) {
    const row = rowOf(store, key, now);
    if (row) found.set(key, keptOf(row));
  }
  return found;
}

const scanFrom = (compare: '>' | '>='): string =>
  `SELECT * FROM kept WHERE key ${compare} ? AND key < ? AND (until IS NULL OR until > ?) ORDER BY key LIMIT ?`;
const FIRST = scanFrom('>=');
const BEHIND = scanFrom('>');

/** Keys that begin with a text, behind `after`, in their order. */
export function scanKept(
  store: Store,
  prefix: string,
  after: string | undefined,
  limit: number,
): Map<string, KeptValue> {
  const rows = store
    .sql(after === undefined ? FIRST : BEHIND)
    .all(
      toColumn(after ?? prefix),
      `${toColumn(prefix)}\u{10ffff}`,
      store.clock(),
      limit,
    ) as unknown as Row[];
  return new Map(rows.map((row) => [fromColumn(row.key), keptOf(row)]));
}

function keptOf({ kind, value, at, until }: Row): KeptValue {
  return {
    kind: KIND_OF[kind] as KeptValue['kind'],
    value: fromColumn(value),
    at,
    until: until ?? undefined,
  };
}

const LAPSED = 'SELECT key FROM kept WHERE until <= ? ORDER BY until LIMIT ?';

/** Deletes up to `limit` keys whose end has passed; counters apply their `lapse`. Returns how many. */
export function lapse(store: Store, limit: number): number {
  const now = store.clock();
  let count = 0;
  for (const { key } of store.sql(LAPSED).all(now, limit) as { key: string }[]) {
    // Read again: the lapse of an earlier one may have dropped or replaced it.
    const row = store.sql(BY_KEY).get(key) as Row | undefined;
    if (!row || row.until === null || row.until > now) continue;
    store.turn.begin();
    store.write(DROP, key);
    count += 1;
    const fired = row.at_zero === null;
    if (row.kind === KINDS.counter && !fired) applyEffects(store, JSON.parse(row.lapse ?? '[]'), NO_JOB);
  }
  return count;
}

/** When the next key ends. */
export function nextLapse(store: Store): Micros | undefined {
  const row = store.sql('SELECT until FROM kept WHERE until IS NOT NULL ORDER BY until LIMIT 1').get();
  return (row as { until: number } | undefined)?.until;
}
