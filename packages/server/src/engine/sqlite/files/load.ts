/**
 * Loads the lines of a dump into the store in one commit: all of them, or nothing.
 *
 * Jobs in the store stay, and loaded jobs come after them. Jobs that were reserved in the dump
 * become ready, first among the loaded ones. Run it only while the caller holds the folder's lock.
 */
import {
  checkJob,
  checkQueueName,
  defaultPriority,
  excerpt,
  FaktoryError,
  formatTime,
  type JobText,
  jobDocument,
  type Micros,
  nowMicros,
  parseJob,
  parseTime,
  reserveSeconds,
} from '@faktory-ts/protocol';
import { type Database, rowsOf } from '../state/binding.ts';
import { toColumn } from '../state/column.ts';
import { Counts } from '../state/counts.ts';
import { KINDS, NO_JOB } from '../state/kept.ts';
import { NO_WORKER, place } from '../state/schema.ts';
import { type Carried, type DumpedJob, dumpVersion, knownVersions } from './dump.ts';

/** The result of a load. */
export interface Loaded {
  /** Jobs that were loaded. */
  readonly jobs: number;
  /** Jobs left out because the store already had their jid. */
  readonly skipped: number;
}

export interface LoadOptions {
  /** Leaves out jobs whose jid is in the store, in any place. Default false. */
  readonly skipKnown?: boolean;
  /** Rejects with INVALID where a job's jid is in the store. Default false: the job is loaded again. */
  readonly refuseKnown?: boolean;
}

const INSERT = `INSERT INTO job (place, queue, priority, seq, due, reserve, wid, enqueued_at, jid, document, failure, losses, attempts,
    deadline, consequences, bits)
  VALUES (?, ?, ?, ?, ?, ?, ${NO_WORKER}, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`;
const KEEP = `INSERT OR IGNORE INTO kept (key, kind, value, holder, at, until, span, at_zero, lapse)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const USE_RATE = `INSERT INTO rate (key, full_at) VALUES (?, ?)
  ON CONFLICT (key) DO UPDATE SET full_at = max(full_at, excluded.full_at)`;
const ADD_DAY = `INSERT INTO tally (day, processed, failures) VALUES (?, ?, ?)
  ON CONFLICT (day) DO UPDATE SET processed = processed + excluded.processed, failures = failures + excluded.failures`;
const dayLength = 86_400_000; // ms
const jobShape =
  /^\{"kind":"job","place":"(ready|scheduled|retries|working|dead)"(?:,"at":"([^"]*)")?(?:,"losses":(\d+))?(?:,"attempts":(\[.*?\]))?(?:,"deadline":"([^"]*)")?(?:,"carries":(\{.*?\}))?,"job":(\{.*\})\}$/s;

/**
 * Loads the lines. Throws MALFORMED or INVALID with the number of the bad line; then nothing has
 * changed.
 */
export async function load(
  db: Database,
  lines: Iterable<string> | AsyncIterable<string>,
  options: LoadOptions = {},
): Promise<Loaded> {
  const loading = new Loading(db, options);
  let number = 0;
  db.exec('BEGIN IMMEDIATE');
  try {
    for await (const line of lines) {
      number++;
      if (line !== '') loading.take(line);
    }
    if (!loading.begun) empty();
    loading.end();
    db.exec('COMMIT');
  } catch (cause) {
    rollBack(db);
    if (!(cause instanceof FaktoryError)) throw cause;
    const where = loading.begun ? `line ${number}: ` : '';
    throw new FaktoryError(cause.code, `${where}${cause.message}; nothing was loaded`, { cause });
  }
  return loading.loaded;
}

function rollBack(db: Database): void {
  try {
    db.exec('ROLLBACK');
  } catch (error) {
    // On a full disk SQLite has rolled back already.
    if (!/no transaction is active/i.test(String(error))) throw error;
  }
}

class Loading {
  readonly loaded = { jobs: 0, skipped: 0 };
  readonly #db: Database;
  readonly #insert;
  readonly #keep;
  readonly #counts = new Counts();
  readonly #known = new Set<string>();
  readonly #now: Micros = nowMicros();
  readonly #skipKnown: boolean;
  readonly #refuseKnown: boolean;
  readonly #days = { processed: 0, failures: 0 };
  /** Whether a line was taken. */
  begun = false;
  #ended = false;

  constructor(db: Database, { skipKnown = false, refuseKnown = false }: LoadOptions) {
    this.#db = db;
    this.#insert = db.prepare(INSERT);
    this.#keep = db.prepare(KEEP);
    this.#skipKnown = skipKnown;
    this.#refuseKnown = refuseKnown;
    this.#counts.load(db);
    if (!skipKnown && !refuseKnown) return;
    for (const { jid } of rowsOf(db, 'SELECT jid FROM job') as Iterable<{ jid: string }>) {
      this.#known.add(jid);
    }
  }

  take(line: string): void {
    const first = !this.begun;
    this.begun = true;
    if (this.#ended) malformed('there are more lines after the "end" line');
    if (first && !line.startsWith('{')) notADump();
    const [, where, at, losses = 0, attempts, deadline, carries, job] = jobShape.exec(line) ?? [];
    const told = { at, losses: Number(losses), attempts, deadline, carries };
    const known = { place: where as keyof typeof place, ...told };
    if (!first && job !== undefined) this.#job({ ...known, job });
    else this.#other(parse(line), first);
  }

  end(): void {
    if (!this.#ended) malformed('the dump is cut short: the "end" line is missing');
  }

  #other(record: Record<string, unknown>, first: boolean): void {
    if (first) checkHead(record);
    else if (record.kind === 'kept') this.#keepValue(record);
    else if (record.kind === 'rate') this.#rate(record);
    else if (record.kind === 'queue') this.#queue(text(record, 'name'), record.paused === true);
    else if (record.kind === 'day') this.#day(record);
    else if (record.kind === 'totals') this.#totals(record);
    else if (record.kind === 'end') this.#end(count(record, 'jobs'));
    else malformed(`this is not a line of a dump: ${JSON.stringify(record).slice(0, 100)}`);
  }

  #job(dumped: DumpedJob): void {
    const job = parseJob(dumped.job);
    checkJob(job);
    const jid = toColumn(job.jid);
    if (this.#refuseKnown && !this.#skipKnown && this.#known.has(jid))
      throw new FaktoryError('INVALID', `job ${excerpt(job.jid)} is in the store already`);
    if (this.#skipKnown && this.#known.has(jid)) this.loaded.skipped++;
    else this.#put(dumped, job, enqueuedAt(dumped.job));
    this.loaded.jobs++;
  }

  #put(
    { place: where, at, losses = 0, attempts, deadline, carries }: DumpedJob,
    job: JobText,
    enqueued: Micros | undefined,
  ): void {
    if (attempts !== undefined && !isAttempts(attempts))
      malformed('"attempts" must be a list of failed executions');
    const ready = where === 'ready' || where === 'working';
    const due = at === undefined ? undefined : parseTime(at);
    if (!ready && due === undefined) malformed(`a job in ${where} needs its time "at"`);
    const queue = this.#queueId(job.queue, ready);
    const document = jobDocument(job, { createdAt: formatTime(this.#now) });
    const { consequences, bits = 0, claims = [] } = carries === undefined ? nothing : carriedIn(carries);
    const { id } = this.#insert.get(
      ready ? place.ready : place[where],
      queue,
      job.priority ?? defaultPriority,
      ready || where === 'scheduled'
        ? this.#counts.next(this.#now)
        : (failedAt(attempts, job.failure) ?? this.#now),
      due ?? this.#now,
      reserveSeconds(job.reserveFor),
      ready ? (enqueued ?? this.#now) : (enqueued ?? 0),
      toColumn(job.jid),
      document,
      job.failure ?? null,
      losses,
      attempts ?? null,
      deadline === undefined ? null : timeOf(deadline, 'deadline'),
      consequences === undefined ? null : JSON.stringify(consequences),
      bits,
    ) as { id: number };
    for (const { key, until, span } of claims)
      this.#keep.get(toColumn(key), KINDS.claim, '', id, this.#now, until, span, null, null);
  }

  /** Returns the queue's row id and creates the queue. It becomes listed when `listed` is true. */
  #queueId(name: string, listed: boolean): number {
    const known = this.#counts.queues.get(name);
    if (known && (known.listed || !listed)) return known.id;
    const row = this.#db
      .prepare(
        'INSERT INTO queue (name, listed, paused) VALUES (?, ?, 0) ON CONFLICT (name) DO UPDATE SET listed = 1 RETURNING id',
      )
      .get(name, listed ? 1 : 0) as { id: number };
    this.#counts.addQueue(row.id, name, listed, false);
    return row.id;
  }

  #queue(name: string, paused: boolean): void {
    checkQueueName(name);
    const id = this.#queueId(name, true);
    if (paused) this.#db.prepare('UPDATE queue SET paused = 1 WHERE id = ?').get(id);
  }

  /** What is kept under the same key in the store stays. */
  #keepValue(record: Record<string, unknown>): void {
    const { is, until, span, at_zero: atZero, lapse } = record;
    if (is !== 1 && is !== 2 && is !== 3 && is !== 4) malformed('"is" must be 1 to 4');
    this.#keep.get(
      toColumn(text(record, 'key')),
      is,
      toColumn(text(record, 'value')),
      NO_JOB,
      timeOf(text(record, 'at'), 'at'),
      until === undefined ? null : timeOf(text(record, 'until'), 'until'),
      span === true ? 1 : 0,
      atZero === undefined ? null : text(record, 'at_zero'),
      lapse === undefined ? null : text(record, 'lapse'),
    );
  }

  #rate(record: Record<string, unknown>): void {
    const fullAt = timeOf(text(record, 'full_at'), 'full_at');
    this.#db.prepare(USE_RATE).get(toColumn(text(record, 'key')), fullAt);
  }

  #day(record: Record<string, unknown>): void {
    const day = Date.parse(`${text(record, 'day')}T00:00:00Z`) / dayLength;
    if (!Number.isInteger(day) || day < 1) malformed(`"${text(record, 'day')}" is not a day like 2026-06-10`);
    this.#add(day, count(record, 'processed'), count(record, 'failures'));
  }

  #add(day: number, processed: number, failures: number): void {
    this.#days.processed += processed;
    this.#days.failures += failures;
    this.#db.prepare(ADD_DAY).get(day, processed, failures);
  }

  /** Stores the totals minus the sum of the loaded days, under day 0. */
  #totals(record: Record<string, unknown>): void {
    const processed = Math.max(0, count(record, 'processed') - this.#days.processed);
    const failures = Math.max(0, count(record, 'failures') - this.#days.failures);
    if (processed + failures > 0) this.#add(0, processed, failures);
  }

  #end(jobs: number): void {
    const { jobs: found } = this.loaded;
    if (jobs !== found) malformed(`the "end" line says ${jobs} jobs, the dump has ${found}`);
    this.loaded.jobs -= this.loaded.skipped;
    this.#ended = true;
  }
}

function malformed(text: string): never {
  throw new FaktoryError('MALFORMED', text);
}

function parse(line: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(line) as Record<string, unknown>) };
  } catch (cause) {
    throw new FaktoryError('MALFORMED', `this is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function empty(): never {
  malformed(
    'the dump is empty, not even its first line is there: was the command that wrote it ended, or the disk full? make it again with faktory dump',
  );
}

function notADump(): never {
  malformed(
    'this is not a dump: it does not start with {"faktory-ts":"dump",…}; faktory dump makes one, faktory restore reads a backup, faktory import reads a Redis file',
  );
}

function checkHead(record: Record<string, unknown>): void {
  if (record['faktory-ts'] !== 'dump') notADump();
  if (knownVersions.includes(record.version)) return;
  malformed(
    `this dump has version ${record.version}; this program reads ${dumpVersion}: load it with the program that made it`,
  );
}

function text(record: Record<string, unknown>, key: string): string {
  const value = record[key];
  return typeof value === 'string' ? value : malformed(`${key} must be text`);
}

function count(record: Record<string, unknown>, key: string): number {
  const value = record[key];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  return malformed(`${key} must be a whole number, 0 or more`);
}

const nothing: Partial<Carried> = {};

function carriedIn(source: string): Carried {
  const { consequences, bits, claims } = parse(source) as Partial<Carried>;
  if (typeof consequences !== 'object' || typeof bits !== 'number' || !Array.isArray(claims))
    malformed('"carries" must have consequences, bits and claims');
  return { consequences, bits, claims };
}

function timeOf(value: string, key: string): Micros {
  return parseTime(value) ?? malformed(`${key} must be a time as in RFC 3339`);
}

function isAttempts(source: string): boolean {
  const each = parse(`{"list":${source}}`).list as { n?: unknown; message?: unknown }[];
  return each.every((attempt) => typeof attempt?.n === 'number' && typeof attempt.message === 'string');
}

/** When the job last failed, from its attempts or its failure; undefined: they do not say. */
function failedAt(attempts: string | undefined, failure: string | undefined): Micros | undefined {
  const last = attempts === undefined ? undefined : (JSON.parse(attempts) as { ended_at?: unknown }[]).at(-1);
  const said = [last?.ended_at, failure === undefined ? undefined : parse(failure).failed_at];
  return said.map((time) => (typeof time === 'string' ? parseTime(time) : undefined)).find((at) => at);
}

/**
 * Reads `enqueued_at` of the dumped text, which parseJob ignores, because a pushed job has none.
 */
function enqueuedAt(source: string): Micros | undefined {
  const { enqueued_at: said } = JSON.parse(source) as { enqueued_at?: unknown };
  return typeof said === 'string' ? parseTime(said) : undefined;
}
