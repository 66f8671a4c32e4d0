/**
 * Writes the store as lines of JSON, for people, other programs, and later versions of the server.
 * The dump is the state of one moment, also while a server runs. docs/dump.md describes the format.
 *
 * Jobs come in the order in which they would be handed out. Reserved jobs come first: they are next
 * when their worker is lost. Producers' counts are not in it, because they only serve clients
 * that reconnect to this server; undo records are not in it either. Keys have a fixed order.
 */
import { FaktoryError, formatTime, nowMicros, wireJob } from '@faktory-ts/protocol';
import type { Consequences } from '../../engine.ts';
import { type Database, rowsOf, type Value } from '../state/binding.ts';
import { fromColumn } from '../state/column.ts';
import { claimsStored, type KeptClaim, KINDS, NO_JOB } from '../state/kept.ts';
import { formatOf, newestFormat, place, refuseForeign } from '../state/schema.ts';
import { openExisting } from './existing.ts';
import { refuseLostLog } from './log-mark.ts';

export const dumpVersion = 2;
/** Versions that `load` reads. */
export const knownVersions: readonly unknown[] = [1, dumpVersion];

/** One job of a dump. `job` is its wire text, with `enqueued_at` and `failure`. */
export interface DumpedJob {
  readonly place: keyof typeof place;
  /** RFC 3339: when it is due; for a dead job, when it expires. Absent for ready and working. */
  readonly at?: string | undefined;
  /** How often its worker was lost while it had the job reserved. */
  readonly losses?: number | undefined;
  /** Its failed executions, as JSON text. */
  readonly attempts?: string | undefined;
  /** RFC 3339: not handed out from then on. */
  readonly deadline?: string | undefined;
  /** What it carries for features, as JSON text of {@link Carried}. */
  readonly carries?: string | undefined;
  readonly job: string;
}

/** What a job carries for features. */
export interface Carried {
  readonly consequences: Consequences;
  readonly bits: number;
  readonly claims: readonly KeptClaim[];
}

/** Returns the line of a job. */
export function jobLine(dumped: DumpedJob): string {
  const { place: where, at, losses, attempts, deadline, carries, job } = dumped;
  const due = at === undefined ? '' : `,"at":"${at}"`;
  const lost = losses ? `,"losses":${losses}` : '';
  const failed = attempts === undefined ? '' : `,"attempts":${attempts}`;
  const last = deadline === undefined ? '' : `,"deadline":"${deadline}"`;
  const more = carries === undefined ? '' : `,"carries":${carries}`;
  return `{"kind":"job","place":"${where}"${due}${lost}${failed}${last}${more},"job":${job}}`;
}

interface Row {
  id: number;
  due: number;
  enqueued_at: number;
  document: string;
  failure: string | null;
  losses: number;
  attempts: string | null;
  deadline: number | null;
  consequences: string | null;
  bits: number;
}

/** Yields the lines of a store. */
export function* dumpLines(file: string): Generator<string> {
  const db = openExisting(file);
  try {
    db.exec('PRAGMA query_only = ON; PRAGMA busy_timeout = 5000');
    refuseForeign(db, file);
    refuseLostLog(db, file);
    db.exec('BEGIN');
    if (formatOf(db) < newestFormat) {
      const text = `${file} was written by an older server; start this server on it once to migrate it`;
      throw new FaktoryError('STORAGE', text);
    }
    yield JSON.stringify({ 'faktory-ts': 'dump', version: dumpVersion, made: formatTime(nowMicros()) });
    yield* queueLines(db);
    let jobs = 0;
    for (const line of jobLines(db)) {
      jobs++;
      yield line;
    }
    yield* keptLines(db);
    yield* rateLines(db);
    yield* countLines(db);
    yield JSON.stringify({ kind: 'end', jobs });
  } catch (cause) {
    if (cause instanceof FaktoryError) throw cause;
    throw new FaktoryError(
      'STORAGE',
      `${file} cannot be read: ${(cause as Error).message}; faktory salvage keeps what can be read`,
      { cause },
    );
  } finally {
    endRead(db);
    db.close();
  }
}

/**
 * Ends the read transaction.
 * Note: on Node 20 a closed connection keeps reading until its statements are collected.
 */
function endRead(db: Database): void {
  try {
    db.exec('ROLLBACK');
  } catch {
    // The read never began.
  }
}

interface QueueRow {
  id: number;
  name: string;
  paused: number;
}

function* queueLines(db: Database): Generator<string> {
  const listed = db.prepare('SELECT name, paused FROM queue WHERE listed = 1 ORDER BY name').all();
  for (const { name, paused } of listed as QueueRow[]) {
    yield JSON.stringify({ kind: 'queue', name, paused: paused === 1 });
  }
}

const columns =
  'SELECT id, due, enqueued_at, document, failure, losses, attempts, deadline, consequences, bits FROM job';

function* jobLines(db: Database): Generator<string> {
  const bySeq = `${columns} WHERE place = ${place.working} AND place > ${place.ready} ORDER BY seq`;
  yield* lines(db, 'working', bySeq);
  for (const { id } of db.prepare('SELECT id FROM queue ORDER BY name').all() as QueueRow[]) {
    const ready = `${columns} WHERE place = ${place.ready} AND queue = ? ORDER BY priority DESC, seq`;
    yield* lines(db, 'ready', ready, id);
  }
  for (const name of ['scheduled', 'retries', 'dead'] as const) {
    const timed = `${columns} WHERE place = ${place[name]} AND place > ${place.ready} ORDER BY due, id`;
    yield* lines(db, name, timed);
  }
}

function* lines(db: Database, where: DumpedJob['place'], sql: string, ...values: Value[]): Generator<string> {
  const timed = where !== 'ready' && where !== 'working';
  for (const row of rowsOf(db, sql, ...values) as Iterable<Row>) {
    const enqueued = row.enqueued_at === 0 ? undefined : row.enqueued_at;
    yield jobLine({
      place: where,
      at: timed ? formatTime(row.due) : undefined,
      losses: row.losses,
      attempts: row.attempts ?? undefined,
      deadline: row.deadline === null ? undefined : formatTime(row.deadline),
      carries: row.consequences === null ? undefined : carriedBy(db, row, row.consequences),
      job: wireJob(row.document, enqueued, row.failure ?? undefined),
    });
  }
}

function carriedBy(db: Database, { id, bits }: Row, text: string): string {
  const consequences = JSON.parse(text) as Consequences;
  const claims = claimsStored((sql) => db.prepare(sql), id, consequences);
  return JSON.stringify({ consequences, bits, claims } satisfies Carried);
}

interface KeptRow {
  key: string;
  kind: number;
  value: string;
  at: number;
  until: number | null;
  span: number;
  at_zero: string | null;
  lapse: string | null;
}

/** What features keep, but the claims of jobs, which stand with their jobs. */
function* keptLines(db: Database): Generator<string> {
  const all = `SELECT * FROM kept WHERE kind <> ${KINDS.claim} OR holder = ${NO_JOB} ORDER BY key`;
  for (const row of rowsOf(db, all) as Iterable<KeptRow>) {
    const { key, kind, value, at, until, span, at_zero, lapse } = row;
    yield JSON.stringify({
      kind: 'kept',
      key: fromColumn(key),
      is: kind,
      value: fromColumn(value),
      at: formatTime(at),
      until: until === null ? undefined : formatTime(until),
      span: span === 1,
      at_zero: at_zero ?? undefined,
      lapse: lapse ?? undefined,
    });
  }
}

/** What is used of the rates of gates. Slots end with their reservations, which are not in a dump. */
function* rateLines(db: Database): Generator<string> {
  for (const row of rowsOf(db, 'SELECT key, full_at FROM rate ORDER BY key')) {
    const { key, full_at } = row as { key: string; full_at: number };
    yield JSON.stringify({ kind: 'rate', key: fromColumn(key), full_at: formatTime(full_at) });
  }
}

interface TallyRow {
  day: number;
  processed: number;
  failures: number;
}

const dayLength = 86_400_000; // ms

function* countLines(db: Database): Generator<string> {
  let [processed, failures] = [0, 0];
  const tally = db.prepare('SELECT day, processed, failures FROM tally ORDER BY day').all() as TallyRow[];
  for (const row of tally) {
    processed += row.processed;
    failures += row.failures;
    if (row.day === 0) continue; // day 0: counts whose day is unknown
    const day = new Date(row.day * dayLength).toISOString().slice(0, 10);
    yield JSON.stringify({ kind: 'day', day, processed: row.processed, failures: row.failures });
  }
  yield JSON.stringify({ kind: 'totals', processed, failures });
}
