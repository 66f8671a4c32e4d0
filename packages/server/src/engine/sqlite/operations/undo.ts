/**
 * Undoes changes by operators. The commit that changes jobs also stores their old rows, for ten
 * minutes. Undo brings them back in bites of one commit each. Runs inside a turn.
 *
 * A job comes back only when it is still where the change put it. Place, queue, priority, `seq` and
 * due time must match; every hand-out and every way into a queue sets a new `seq`. A deleted job is
 * inserted again, with its old row id when that is free.
 */
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { RefusedJob, Undoable, UndoLabel, Undone } from '../../engine.ts';
import { Portion } from '../commit/portion.ts';
import { fromColumn, toColumn } from '../state/column.ts';
import { type Former, NOWHERE, type Position } from '../state/former.ts';
import type { KeptClaim } from '../state/kept.ts';
import { FORMER_BYTES, NO_WORKER, place } from '../state/schema.ts';
import type { Store } from '../state/store.ts';
import { capDead } from './cap-dead.ts';
import { claimsOf, isTaken, reverse, takeAgain } from './effects.ts';
import { fitting } from './fitting.ts';
import { effectsOfRemoval } from './moments.ts';
import { leave, queueOf } from './timed.ts';

const KEPT: Micros = 600_000_000; // ten minutes

interface UndoRow {
  readonly id: number;
  readonly action: string;
  readonly until: number;
  readonly count: number;
}

const BY_NAME = 'SELECT id, action, until, count FROM undo WHERE name = ?';
const MAKE =
  'INSERT INTO undo (name, action, who, made_at, until, count) VALUES (?, ?, ?, ?, 0, 0) RETURNING id';
const KEEP = `INSERT INTO former (undo, job, jid, to_place, to_queue, to_priority, to_seq, to_due,
    place, queue, priority, seq, due, enqueued_at, document, reserve, losses, failure, attempts,
    deadline, consequences, bits, claims)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const MARK_EVICTED = `UPDATE former SET to_place = 0, to_queue = 0, to_priority = 0, to_seq = 0, to_due = 0,
    document = ?, reserve = ?, losses = ?, failure = ?, attempts = ?, deadline = ?, consequences = ?, bits = ?, claims = ?
  WHERE job = ? AND undo = ? AND jid = ? AND to_place = ? AND to_seq = ? AND to_due = ?`;

/**
 * Records one commit's part of a change that can be undone. Throws INVALID before anything is
 * written.
 */
export class UndoRecorder {
  readonly #store: Store;
  readonly #label: UndoLabel;
  #id: number | undefined;
  #count = 0;

  constructor(store: Store, label: UndoLabel) {
    this.#store = store;
    this.#label = label;
    const known = store.sql(BY_NAME).get(label.name) as UndoRow | undefined;
    if (known && (known.action !== toColumn(label.action) || known.until <= store.clock())) {
      const text = `the name ${label.name} is used by another change; choose a new name`;
      throw new FaktoryError('INVALID', text);
    }
    this.#id = known?.id;
  }

  /** Records a changed job: its old row and its new position. */
  add(row: Former, to: Position, claims: readonly KeptClaim[]): void {
    const gone = to === NOWHERE;
    const edited = gone || to.queue !== row.queue || to.priority !== row.priority;
    this.#count += 1;
    this.#store.write(
      KEEP,
      this.#made(),
      row.id,
      row.jid,
      ...positionOf(to),
      ...positionOf(row),
      row.enqueued_at,
      edited ? row.document : null,
      ...(gone ? [row.reserve, row.losses, row.failure, row.attempts] : [0, 0, null, null]),
      ...(gone ? carriedBy(row, claims) : [null, null, 0, null]),
    );
  }

  /**
   * Records a dead job that this kill evicted. An earlier commit of the same change may have killed
   * that job.
   */
  evicted(row: Former): void {
    const { id, jid, document, reserve, losses, failure, attempts } = row;
    const claims = claimsOf(this.#store, row);
    const kept = [document, reserve, losses, failure, attempts, ...carriedBy(row, claims)];
    const where = [id, this.#made(), jid, row.place, row.seq, row.due];
    if (this.#store.sql(MARK_EVICTED).run(...kept, ...where).changes === 0) this.add(row, NOWHERE, claims);
  }

  #made(): number {
    const { name, action, who = '' } = this.#label;
    const make = () => this.#store.sql(MAKE).get(name, toColumn(action), toColumn(who), this.#store.clock());
    this.#id ??= (make() as { id: number }).id;
    return this.#id;
  }

  /** Ends the commit's part: stores how many jobs were recorded. */
  end(): void {
    if (this.#id === undefined || this.#count === 0) return;
    const text = 'UPDATE undo SET count = count + ?, until = ? WHERE id = ?';
    this.#store.write(text, this.#count, this.#store.clock() + KEPT, this.#id);
  }
}

/** The columns of `former` for what a job carried. */
const carriedBy = ({ deadline, consequences, bits }: Former, claims: readonly KeptClaim[]) => [
  deadline,
  consequences,
  bits,
  claims.length > 0 ? JSON.stringify(claims) : null,
];

const positionOf = ({ place, queue, priority, seq, due }: Position): number[] => [
  place,
  queue,
  priority,
  seq,
  due,
];

interface FormerRow extends Omit<Former, 'document'> {
  readonly job: number;
  readonly to_place: number;
  readonly to_queue: number;
  readonly to_priority: number;
  readonly to_seq: number;
  readonly to_due: number;
  readonly document: string | null;
  readonly claims: string | null;
}

// In reverse order: removing the killed jobs first frees room in the dead set for the jobs they
// evicted.
const OF_CHANGE = 'FROM former WHERE undo = ? ORDER BY id DESC LIMIT ?';
const BYTES_OF_CHANGE = `SELECT ${FORMER_BYTES} AS bytes ${OF_CHANGE}`;

/** Brings back up to `limit` jobs, and one bite by bytes, in one commit, in parts. Throws NOT_FOUND. */
export function* undo(store: Store, name: string, limit: number, deadLimit: number): Generator<void, Undone> {
  const known = store.sql(BY_NAME).get(name) as UndoRow | undefined;
  if (!known || known.until <= store.clock()) {
    const text = `there is no change ${name} to undo; a change can be undone once, for ten minutes`;
    throw new FaktoryError('NOT_FOUND', text);
  }
  const bite = fitting(store, BYTES_OF_CHANGE, [known.id, limit]);
  const rows = store.sql(`SELECT * ${OF_CHANGE}`).all(known.id, bite.rows) as FormerRow[];
  store.turn.begin();
  const refused: RefusedJob[] = [];
  const part = new Portion();
  let [undone, isDead] = [0, false];
  for (const row of rows) {
    if (part.isFull(row.document?.length)) yield;
    const isBack = row.to_place === 0 ? insert(store, row) : putBack(store, row);
    if (isBack) {
      undone += 1;
      isDead ||= row.place === place.dead;
    } else if (row.to_place === 0)
      refused.push({ jid: fromColumn(row.jid), code: 'NOTUNIQUE', reason: 'Job not unique' });
  }
  const left = rows.length < limit && !bite.isCut ? 0 : known.count - rows.length;
  store.write('DELETE FROM former WHERE undo = ? AND id >= ?', known.id, rows.at(-1)?.id ?? 0);
  if (left > 0) store.write('UPDATE undo SET count = ? WHERE id = ?', left, known.id);
  else store.write('DELETE FROM undo WHERE id = ?', known.id);
  if (isDead) while (capDead(store, deadLimit)) yield;
  const told = refused.length > 0 && { refused };
  return { undone, kept: rows.length - undone, left, ...told };
}

const INSERT = `INSERT INTO job (id, place, queue, priority, seq, due, reserve, wid, enqueued_at, jid, document, failure, losses, attempts,
    deadline, consequences, bits)
  VALUES (?, ?, ?, ?, ?, ?, ?, ${NO_WORKER}, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`;

/** False: another job has one of its names meanwhile. */
function insert(store: Store, row: FormerRow): boolean {
  const claims = row.claims === null ? [] : (JSON.parse(row.claims) as KeptClaim[]);
  if (isTaken(store, claims)) return false;
  const taken = store.sql('SELECT id FROM job WHERE id = ?').get(row.job) !== undefined;
  const { reserve, enqueued_at, jid, document, failure, losses, attempts } = row;
  const position = positionOf(row);
  const { deadline, consequences, bits } = row;
  const { id } = store
    .sql(INSERT)
    .get(
      taken ? null : row.job,
      ...position,
      reserve,
      enqueued_at,
      jid,
      document,
      failure,
      losses,
      attempts,
      deadline,
      consequences,
      bits,
    ) as { id: number };
  if (deadline !== null || consequences !== null) store.special = true;
  takeAgain(store, claims, id);
  reverse(store, effectsOfRemoval(row));
  enter(store, row);
  return true;
}

const STILL = `SELECT id FROM job
  WHERE id = ? AND jid = ? AND place = ? AND queue = ? AND priority = ? AND seq = ? AND due = ?`;
const PUT_BACK = `UPDATE job SET place = ?, queue = ?, priority = ?, seq = ?, due = ?, enqueued_at = ?,
  document = coalesce(?, document), wid = ${NO_WORKER} WHERE id = ?`;

/** Puts a job back. Returns false when it has moved since the change. */
function putBack(store: Store, row: FormerRow): boolean {
  const { job, jid, to_place, to_queue, to_priority, to_seq, to_due } = row;
  const still = store.sql(STILL).get(job, jid, to_place, to_queue, to_priority, to_seq, to_due);
  if (!still) return false;
  leave(store, { place: to_place, queue: to_queue });
  store.write(PUT_BACK, ...positionOf(row), row.enqueued_at, row.document, job);
  enter(store, row);
  return true;
}

function enter(store: Store, { place: code, queue, due }: Position): void {
  store.counts.suspects.delete(queue);
  if (code === place.ready) store.arrive(queueOf(store, queue), 1);
  else store.enter(code, due);
}

/** Returns the changes that can be undone, the newest first. */
export function undoable(store: Store): Undoable[] {
  const rows = store
    .sql('SELECT name, action, who, made_at, until, count FROM undo WHERE until > ? ORDER BY id DESC')
    .all(store.clock());
  return (
    rows as { name: string; action: string; who: string; made_at: number; until: number; count: number }[]
  ).map(({ name, action, who, made_at, until, count }) => {
    return { name, action: fromColumn(action), who: fromColumn(who) || undefined, at: made_at, until, count };
  });
}

const OVER = 'SELECT id FROM undo WHERE until <= ? ORDER BY until LIMIT 1';
const SOME_FORMER = 'FROM former WHERE undo = ? ORDER BY id LIMIT ?';
const SOME_BYTES = `SELECT ${FORMER_BYTES} AS bytes ${SOME_FORMER}`;
const DELETE_FORMER = `DELETE FROM former WHERE id IN (SELECT id ${SOME_FORMER})`;

/**
 * Deletes up to `limit` rows of a change that can no longer be undone, and one bite by bytes.
 * Returns how many, at least 1; 0 when there is no such change.
 */
export function expireUndo(store: Store, limit: number): number {
  const over = store.sql(OVER).get(store.clock()) as { id: number } | undefined;
  if (!over) return 0;
  store.turn.begin();
  const { rows, isCut } = fitting(store, SOME_BYTES, [over.id, limit]);
  const gone = Number(store.sql(DELETE_FORMER).run(over.id, rows).changes);
  if (gone < limit && !isCut) store.write('DELETE FROM undo WHERE id = ?', over.id);
  return Math.max(gone, 1);
}
