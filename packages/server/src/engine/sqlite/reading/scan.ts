/**
 * Searches the file for jobs, one bite at a time, in the reader's thread. It must never write.
 *
 * Note: it must not keep a read transaction open for longer than one window, because a log with a
 * reader cannot be emptied. A bite continues from its cursor through the lanes (lanes.ts) in
 * windows of some hundred rows, so that it stops in time even when few rows match. Between windows, and
 * inside one large row, it yields to other searches.
 */
import type { Consequences, FindAsk, Found, HeldName, Place } from '../../engine.ts';
import type { Database, Statement, Value } from '../state/binding.ts';
import { fromColumn } from '../state/column.ts';
import { DOCUMENT, documentIn } from '../state/document.ts';
import { claimsStored } from '../state/kept.ts';
import { place as codes } from '../state/schema.ts';
import { foundOf, type Row } from './found.ts';
import { type Keys, type Lane, lanesOf, type Mark, readCursor, startOf, writeCursor } from './lanes.ts';
import { largeDecision, PIECE } from './large.ts';
import { type Condition, candidates, decision, type Texts } from './matching.ts';
import type { Pieces } from './pieces.ts';

const LONGEST_BITE = 50; // ms
// A bite reads this many rows or windows before it looks at the time: so it makes progress on a busy
// processor, and a small search is one bite.
const LEAST = { rows: 1000, windows: 200 };
const WINDOW = { least: 50, most: 2000, time: 10 }; // rows, rows, ms
const MOST_UNITS = 4 * 1024 * 1024; // UTF-16 units of decided rows, after which the time limit applies
const BY_JID = { rows: 1000, window: 50 }; // most rows of one lookup; jids that cost as much as a window
const LOOKUPS = 64; // index lookups between two checks of the time
const NEXT_PRIORITY = `SELECT priority FROM job INDEXED BY job_ready
  WHERE place = ${codes.ready} AND queue = ? AND priority <= ? ORDER BY priority DESC LIMIT 1`;
// After so many UTF-16 units of decided rows, or ms, it yields. Rows of up to `least` units do not count:
// a window has few enough, and ending it early costs two lookups.
const TURN = { units: 512 * 1024, least: 1024, time: 10 };
const MOST_BYTES = 1024 * 1024; // UTF-16 units of text in one answer, plus one job

/** The request of one bite. */
export interface ScanAsk {
  readonly ask: FindAsk;
  readonly cursor: string | undefined;
  /** Most jobs to return; undefined: only count the matching jobs. */
  readonly limit: number | undefined;
  /** Leaves out the attempts of each job. */
  readonly lean?: boolean | undefined;
}

/** The result of one bite. Only the engine knows `total`. */
export interface ScanBite {
  readonly jobs: Found[];
  readonly count: number;
  readonly scanned: number;
  readonly next: string | undefined;
}

/** Reads one bite. Throws INVALID for an invalid cursor. */
export function scan(db: Database, { ask, cursor, limit, lean }: ScanAsk): Pieces<ScanBite> {
  return new Scan(db, ask, limit, lean).from(cursor);
}

/** A large row that matches if all pieces of its text are read. */
interface Undecided {
  readonly lane: Lane;
  readonly row: Row;
  readonly document: string;
  readonly decide: Pieces<boolean>;
}

class Scan {
  readonly #db: Database;
  readonly #ask: FindAsk;
  readonly #limit: number | undefined;
  /** The columns to read of a matching row. */
  readonly #columns: string;
  readonly #statements = new Map<string, Statement>();
  readonly #queueNames = new Map<number, string>();
  readonly #where: readonly Condition[];
  readonly #decide: ((row: Texts) => boolean) | undefined;
  readonly #decideLarge: ((row: Texts) => Pieces<boolean>) | undefined;
  #undecided: Undecided | undefined;
  /** When the present turn began, and UTF-16 units that count. */
  #turn = { began: performance.now(), units: 0 };
  readonly #until = performance.now() + LONGEST_BITE;
  readonly #jobs: Found[] = [];
  #count = 0;
  #bytes = 0;
  /** UTF-16 units of the rows that JavaScript decided about. */
  #units = 0;
  #scanned = 0;
  /** Rows that earlier bites have scanned. */
  #before = 0;
  #windows = 0;
  #window = WINDOW.least * 4;

  constructor(db: Database, ask: FindAsk, limit: number | undefined, lean = false) {
    this.#db = db;
    this.#ask = ask;
    this.#limit = limit;
    const texts = `${DOCUMENT} AS document, failure`;
    const found = `id, place, jid, queue, priority, seq, due, enqueued_at, wid, deadline, ${texts}${lean ? '' : ', attempts, consequences'}`;
    this.#columns = limit === undefined ? `id, ${texts}` : found;
    const rows = db.prepare('SELECT id, name FROM queue').all() as { id: number; name: string }[];
    for (const { id, name } of rows) this.#queueNames.set(id, name);
    const { priorities } = ask;
    const among = priorities && { sql: `priority IN (${[...new Set(priorities)].join(',')})`, values: [] };
    this.#where = [...(among ? [among] : []), ...candidates(ask)];
    this.#decide = decision(ask);
    this.#decideLarge = largeDecision(ask);
  }

  *from(cursor: string | undefined): Pieces<ScanBite> {
    const lanes = lanesOf(this.#ask, this.#queueNames);
    const began = readCursor(cursor, lanes);
    this.#scanned = began.scanned;
    this.#before = began.scanned;
    let mark = began.mark;
    for (let index = began.lane; index < lanes.length; index++) {
      const next = this.#withJobs(lanes, index, mark);
      const lane = lanes[next];
      if (!lane) break;
      if (next !== index) mark = startOf(lane);
      index = next;
      for (;;) {
        const step = this.#step(lane, mark);
        yield* this.#decideLast();
        const later = step ? lane : lanes[index + 1];
        mark = step ?? startOf(later ?? {});
        if (!this.#mayContinue()) {
          return this.#bite(later && writeCursor(this.#scanned, later, mark));
        }
        if (this.#turnIsOver()) yield* this.#yield();
        if (!step) break;
      }
    }
    return this.#bite(undefined);
  }

  /** Decides about the large row at which the window ended, if there is one. */
  *#decideLast(): Pieces<void> {
    const last = this.#undecided;
    if (!last) return;
    this.#undecided = undefined;
    yield* this.#yield();
    if (yield* last.decide) this.#take(last.lane, last.row, last.document);
    yield* this.#yield();
  }

  *#yield(): Pieces<void> {
    yield;
    this.#turn = { began: performance.now(), units: 0 };
  }

  #turnIsOver(): boolean {
    return this.#unitsOver() || performance.now() - this.#turn.began > TURN.time;
  }

  #unitsOver(): boolean {
    return this.#turn.units >= TURN.units;
  }

  /**
   * Returns the index of the first lane with jobs, starting at `from`. A queue has nine lanes of
   * ready jobs and most are empty: with thousands of queues their windows would fill many bites.
   * One index lookup finds the next priority of a queue that has jobs.
   */
  #withJobs(lanes: readonly Lane[], from: number, mark: Mark): number {
    let index = from;
    for (let lookups = 1; ; lookups++) {
      const lane = lanes[index];
      if (lane?.place !== 'ready' || mark.at !== startOf(lane).at) return index;
      const row = this.#sql(NEXT_PRIORITY).get(lane.queue, lane.priority) as { priority: number } | undefined;
      const found = row?.priority ?? 0;
      if (found === lane.priority) return index;
      const { queue } = lane;
      while (
        lanes[index]?.place === 'ready' &&
        lanes[index]?.queue === queue &&
        (lanes[index]?.priority ?? 0) > found
      )
        index++;
      if (lookups % LOOKUPS === 0 && performance.now() > this.#until) return index;
    }
  }

  #bite(next: string | undefined): ScanBite {
    return { jobs: this.#jobs, count: this.#count, scanned: this.#scanned, next };
  }

  #mayContinue(): boolean {
    if (this.#full()) return false;
    const few = ++this.#windows < LEAST.windows && this.#scanned - this.#before < LEAST.rows;
    return (few && this.#units < MOST_UNITS) || performance.now() < this.#until;
  }

  /** Large rows may end a bite or a turn inside a window. */
  #mustStop({ document, failure }: Row): boolean {
    const units = document.length + (failure?.length ?? 0);
    this.#units += units;
    if (units > TURN.least) this.#turn.units += units;
    return this.#unitsOver() || (this.#units >= MOST_UNITS && performance.now() >= this.#until);
  }

  #full(): boolean {
    return this.#limit !== undefined && (this.#count >= this.#limit || this.#bytes > MOST_BYTES);
  }

  /** Reads one window. Returns where to continue in this lane; undefined: the lane is finished. */
  #step(lane: Lane, after: Mark): Mark | undefined {
    if (lane.byJid) return this.#stepByJid(lane, after);
    const started = performance.now();
    const end = this.#windowEnd(lane, after);
    const stopped = this.#match(lane, after, end);
    if (stopped) {
      this.#scanned += this.#rowsBetween(lane, after, stopped);
      return stopped;
    }
    this.#scanned += end ? this.#window : this.#rowsBetween(lane, after, undefined);
    const time = Math.max(performance.now() - started, 0.01);
    const fitting = Math.round((this.#window * WINDOW.time) / time);
    this.#window = Math.min(Math.max(fitting, WINDOW.least), WINDOW.most, this.#window * 4);
    return end;
  }

  #windowEnd(lane: Lane, after: Mark): Mark | undefined {
    const sql = `SELECT ${lane.order} AS at, id ${fromLane(lane)} ${orderOf(lane)} LIMIT 1 OFFSET ${this.#window - 1}`;
    return this.#sql(sql).get(...lane.where.values, after.at, after.id) as Mark | undefined;
  }

  #rowsBetween(lane: Lane, after: Mark, end: Mark | undefined): number {
    const values = [...lane.where.values, after.at, after.id, ...(end ? [end.at, end.id] : [])];
    const { n } = this.#sql(`SELECT count(*) AS n ${fromLane(lane)} ${upTo(lane, end)}`).get(...values) as {
      n: number;
    };
    return n;
  }

  /** Looks all jids up and reads the first rows, one by one: a sort of their documents may need gigabytes. */
  #stepByJid(lane: Lane, after: Mark): Mark | undefined {
    const sql = `SELECT due AS at, id, jid, queue ${fromLane(lane)} ${orderOf(lane)} LIMIT ${BY_JID.rows}`;
    const rows = this.#sql(sql).iterate(...lane.where.values, after.at, after.id);
    this.#windows += Math.floor((this.#ask.jids?.length ?? 0) / BY_JID.window);
    let [last, read]: [Mark | undefined, number] = [undefined, 0];
    for (const row of rows as IterableIterator<Mark & Keys>) {
      last = { at: row.at, id: row.id };
      read += 1;
      this.#scanned += 1;
      if (this.#read(lane, row)) return last;
    }
    return read < BY_JID.rows ? undefined : last;
  }

  /** Collects the matching rows of the window. Returns the last row when the answer is full. */
  #match(lane: Lane, after: Mark, end: Mark | undefined): Mark | undefined {
    const filter = [...lane.filter, ...(lane.accepts ? [] : this.#where)];
    const values: Value[] = [...lane.where.values, after.at, after.id, ...(end ? [end.at, end.id] : [])];
    values.push(...filter.flatMap((condition) => condition.values));
    const rest = [fromLane(lane), upTo(lane, end), ...filter.map(({ sql }) => `AND ${sql}`)].join(' ');
    if (lane.accepts) {
      const keys = `SELECT ${lane.order} AS at, id, jid, queue ${rest} ${orderOf(lane)}`;
      for (const row of this.#sql(keys).iterate(...values) as IterableIterator<Mark & Keys>)
        if (this.#read(lane, row)) return { at: row.at, id: row.id };
      return undefined;
    }
    if (this.#limit === undefined && !this.#decide) {
      this.#count += (this.#sql(`SELECT count(*) AS n ${rest}`).get(...values) as { n: number }).n;
      return undefined;
    }
    const select = `SELECT ${lane.order} AS at, ${this.#columns} ${rest} ${orderOf(lane)}`;
    const rows = this.#sql(select).iterate(...values);
    for (const row of rows as IterableIterator<Row>)
      if (this.#decides(lane, row)) return { at: row.at, id: row.id };
    return undefined;
  }

  /** Reads a row of which only the keys are known. Returns whether the bite must end. */
  #read(lane: Lane, row: Mark & Keys): boolean {
    if (lane.accepts && !lane.accepts(row)) return false;
    const filter = [...lane.filter, ...this.#where];
    const sql = `SELECT ${lane.order} AS at, ${this.#columns} FROM job WHERE id = ? ${filter.map((each) => `AND ${each.sql}`).join(' ')}`;
    const found = this.#sql(sql).get(row.id, ...filter.flatMap(({ values }) => values)) as Row | undefined;
    return found !== undefined && this.#decides(lane, found);
  }

  /** Takes the row if it matches; a large row is decided later. Returns whether the window must end. */
  #decides(lane: Lane, row: Row): boolean {
    const texts = { document: documentIn(row.document), failure: row.failure };
    if (this.#decideLarge && texts.document.length > PIECE) {
      this.#undecided = { lane, row, document: texts.document, decide: this.#decideLarge(texts) };
      this.#mustStop(row);
      return true;
    }
    if (!this.#decide || this.#decide(texts)) this.#take(lane, row, texts.document);
    return this.#full() || this.#mustStop(row);
  }

  #take(lane: Lane, row: Row, document: string): void {
    this.#count += 1;
    if (this.#limit === undefined) return;
    const place = placeOf(lane, row.place);
    const names = {
      queue: this.#queueNames.get(row.queue),
      wid: () => this.#wid(row.wid),
      held: (consequences: string) => this.#names(row.id, consequences),
    };
    this.#jobs.push(foundOf(row, place, document, names));
    this.#bytes += document.length + (row.failure?.length ?? 0) + (row.attempts?.length ?? 0);
  }

  #names(id: number, consequences: string): HeldName[] {
    const claims = claimsStored((text) => this.#sql(text), id, JSON.parse(consequences) as Consequences);
    return claims.map(({ key, until }) => ({ key, ...(until !== null && { until }) }));
  }

  #wid(id: number): string {
    const row = this.#sql('SELECT wid FROM worker WHERE id = ?').get(id) as { wid: string } | undefined;
    return row ? fromColumn(row.wid) : '';
  }

  #sql(text: string): Statement {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

const fromLane = ({ where, order, down }: Lane): string =>
  `FROM job ${where.sql} AND (${order}, id) ${down ? '<' : '>'} (?, ?)`;
const upTo = ({ order, down }: Lane, end: Mark | undefined): string =>
  end ? `AND (${order}, id) ${down ? '>=' : '<='} (?, ?)` : '';
const orderOf = ({ order, down }: Lane): string =>
  down ? `ORDER BY ${order} DESC, id DESC` : `ORDER BY ${order}, id`;
/** Returns the row's place. Only a lane of failed jobs has two places. */
const placeOf = (lane: Lane, code: number): Place =>
  lane.down ? (code === codes.dead ? 'dead' : 'retries') : lane.place;
