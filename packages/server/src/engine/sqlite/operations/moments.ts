/**
 * The one place through which jobs with consequences pass: each way of a job applies the effects of its moments. Runs inside a turn.
 *
 * A store that has never had such a job does not come here (`store.special` is false), so plain jobs cost nothing.
 */
import type { Consequences, Effect, Moment } from '../../engine.ts';
import type { Store } from '../state/store.ts';
import { applyEffects } from './effects.ts';

/** A job's row, as far as its consequences need it. */
export interface Carrier {
  readonly id: number;
  /** JSON of {@link Consequences}; null: it has none. */
  readonly consequences: string | null;
  readonly bits: number;
}

/** The columns of {@link Carrier}. */
const CARRIER = 'id, consequences, bits';

const EXECUTED = 1;
const FAILING = 2;
const BITS = 'UPDATE job SET bits = ? WHERE id = ?';
const BY_ID = `SELECT ${CARRIER} FROM job WHERE id = ? AND consequences IS NOT NULL`;

/** What can happen to a job, as the moments that it may mean, in their order. */
const WAYS = {
  taken: ['taken'],
  ready: ['ready'],
  done: ['executed', 'done', 'recovered', 'gone'],
  retries: ['executed', 'failed', 'failing'],
  failedForGood: ['executed', 'failed', 'failing', 'dead'],
  discarded: ['executed', 'failed', 'failing', 'gone'],
  killed: ['dead'],
  moved: [],
  deleted: ['executed', 'gone'],
  expired: ['executed', 'expired', 'gone'],
} as const satisfies Record<string, readonly Moment[]>;

export type Way = keyof typeof WAYS;

/** Applies what a job carries for this way. Call it while the job's row is still there. */
export function happened(store: Store, { id, consequences, bits }: Carrier, way: Way): void {
  if (consequences === null) return;
  const carried = JSON.parse(consequences) as Consequences;
  let after = bits;
  const effects: Effect[] = [];
  for (const moment of WAYS[way]) {
    if (moment === 'executed' && after & EXECUTED) continue;
    if (moment === 'failing' && after & FAILING) continue;
    if (moment === 'recovered' && !(after & FAILING)) continue;
    if (moment === 'executed') after |= EXECUTED;
    if (moment === 'failing') after |= FAILING;
    if (moment === 'recovered') after &= ~FAILING;
    effects.push(...(carried[moment] ?? []));
  }
  const stays = !(WAYS[way] as readonly Moment[]).includes('gone');
  if (after !== bits && stays) {
    store.turn.begin();
    store.write(BITS, after, id);
  }
  applyEffects(store, effects, id);
}

/** The effects that a removal by an operator applied; what undoing it reverses. */
export function effectsOfRemoval({ consequences, bits }: Omit<Carrier, 'id'>): readonly Effect[] {
  if (consequences === null) return [];
  const { executed = [], gone = [] } = JSON.parse(consequences) as Consequences;
  return bits & EXECUTED ? gone : [...executed, ...gone];
}

/** The same for a row of which only the number is known. */
export function happenedTo(store: Store, id: number, way: Way): void {
  if (!store.special) return;
  const row = store.sql(BY_ID).get(id) as Carrier | undefined;
  if (row) happened(store, row, way);
}

const MOST_CARRYING = 500; // jobs: what one carries takes about 20 µs

/** How many of `rows` jobs one bite may have: fewer when jobs may carry consequences. */
export const inOneBite = ({ special }: Store, rows: number): number =>
  special ? Math.min(rows, MOST_CARRYING) : rows;

/**
 * The rows with consequences that `from` selects, in its order. `from` begins with FROM and goes on
 * to the end of the statement.
 */
export function carriersIn(
  store: Store,
  from: string,
  values: readonly (string | number)[],
): readonly Carrier[] {
  if (!store.special) return [];
  const sql = `SELECT * FROM (SELECT ${CARRIER} ${from}) WHERE consequences IS NOT NULL`;
  return store.sql(sql).all(...values) as unknown as Carrier[];
}

/** Applies what these jobs carry for this way, one job after the other. */
export function happenedToAll(store: Store, carriers: readonly Carrier[], way: Way): void {
  for (const carrier of carriers) happened(store, carrier, way);
}
