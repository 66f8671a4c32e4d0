/**
 * The outbox as a line store (delivery.ts): which relay has the lease, which rows are in the line
 * that is being sent, and their results. A relay that lost its lease changes nothing.
 *
 * Note: nothing here is a transaction. Every statement has its expected state as a condition, and
 * may run twice.
 */

import { compactJson, FaktoryError, type Job, newJid } from '@faktory-ts/protocol';
import type { AnsweredLine, Count, KeptLine, LineStore } from '../delivery/delivery.ts';
import { isFull, refusedJobs } from '../delivery/refused.ts';
import { featureKeys, type ServerFeatures } from '../features.ts';
import { bound, type OutboxStore, type OutboxValue, statements } from './tables.ts';

/** A waiting row. */
export interface OutboxRow {
  id: string;
  /** The text of its column `job`. */
  job: string;
  jid: string;
}

/** Some rows as one PUSHB. */
interface OutboxLine extends KeptLine {
  rows: readonly OutboxRow[];
}

/** The state of the outbox. */
interface OutboxState extends Count {
  /** The ids of the rows in the line after `answered`, when it may have been sent. */
  inFlight: string[] | undefined;
}

/** Called for each refused row, which stays with the reason. */
type Refuse = (row: { id: string; job: string; error: FaktoryError }) => void;

const first = '0'; // before the first id
const leaseSeconds = 30;
const leaseAnew = 10_000; // ms
const lineBytes = 1024 * 1024;

export class OutboxLedger implements LineStore<OutboxLine> {
  readonly #store: OutboxStore;
  readonly #sql: ReturnType<typeof statements>;
  readonly #owner = newJid();
  readonly #batch: number;
  readonly #refuse: Refuse;
  #most: number;
  /** By `performance.now()`. */
  #leased = Number.NEGATIVE_INFINITY;
  #seen: OutboxState | undefined;
  /** Rows up to this one wait because their queue is full, until all rows after them were read. */
  #behind = first;

  constructor(store: OutboxStore, batch: number, refuse: Refuse) {
    this.#store = store;
    this.#sql = statements(store.dialect);
    this.#batch = this.#most = batch;
    this.#refuse = refuse;
  }

  /** Takes or renews the lease. False: another relay has it. */
  async lease(): Promise<boolean> {
    return (await this.#look()) !== undefined;
  }

  /** Releases the lease for the next relay. */
  async leave(): Promise<void> {
    await this.#run(this.#sql.leave, [this.#owner]);
  }

  async count(): Promise<Count> {
    this.#seen = await this.#mine();
    return this.#seen;
  }

  async next(features: () => Promise<ServerFeatures>): Promise<OutboxLine[]> {
    const { answered, inFlight } = await this.#mine();
    if (inFlight) return [lineOf(await this.#named(inFlight), answered + 1)];
    const rows = await this.#waiting(answered, features);
    if (rows.length === 0) {
      this.#behind = first;
      return [];
    }
    const text = JSON.stringify(rows.map(({ id }) => id));
    await this.#run(this.#sql.fly, [text, this.#owner, answered]);
    const now = await this.#mine();
    if (JSON.stringify(now.inFlight) !== text || now.answered !== answered) throw lost;
    return [lineOf(rows, answered + 1)];
  }

  async settle([told]: readonly AnsweredLine<OutboxLine>[]): Promise<boolean> {
    if (told === undefined) return false;
    const { line, refusal = {}, tooLong } = told;
    const mine = [this.#owner, line.number - 1] as const;
    const refused = refusedJobs(line.rows, refusal);
    if (tooLong && line.rows.length > 1) {
      this.#most = Math.ceil(line.rows.length / 2);
      await this.#run(this.#sql.unfly, mine);
      return false;
    }
    for (const { job, error } of refused) if (!isFull(error)) await this.#mark(job, error, line.number - 1);
    if (tooLong) {
      await this.#run(this.#sql.unfly, mine);
      return false;
    }
    const stay = new Set(refused.map(({ job }) => job.id));
    const gone = line.rows.map(({ id }) => id).filter((id) => !stay.has(id));
    if (gone.length > 0) await this.#run(this.#sql.remove, [gone, ...mine]);
    await this.#run(this.#sql.land, [line.number, ...mine]);
    // The server accepts all rows of a line for one queue, or none: smaller lines fit a nearly full
    // queue.
    const full = refused.some(({ error }) => isFull(error));
    this.#most = full ? Math.ceil(line.rows.length / 2) : Math.min(this.#batch, this.#most * 2);
    if (full) this.#behind = line.rows.at(-1)?.id ?? first;
    return false;
  }

  async renew(): Promise<void> {
    if (this.#seen === undefined) return;
    const { producer, answered, inFlight } = this.#seen;
    const flying = inFlight === undefined ? '' : JSON.stringify(inFlight);
    await this.#run(this.#sql.renew, [newJid(), this.#owner, producer, answered, flying]);
  }

  /** The state, while this relay has the lease. */
  async #look(): Promise<OutboxState | undefined> {
    if (performance.now() - this.#leased > leaseAnew) await this.#take();
    let row = await this.#row();
    if (row === undefined) {
      await this.#run(this.#sql.begin, [newJid()]);
      await this.#take();
      row = await this.#row();
    }
    if (row?.owner !== this.#owner) {
      this.#leased = Number.NEGATIVE_INFINITY;
      return undefined;
    }
    const inFlight = row.in_flight === null ? undefined : (JSON.parse(String(row.in_flight)) as string[]);
    const answered = Number(row.answered);
    return { producer: String(row.producer), answered, sent: answered + (inFlight ? 1 : 0), inFlight };
  }

  async #take(): Promise<void> {
    await this.#run(this.#sql.lease, [this.#owner, leaseSeconds, this.#owner]);
    this.#leased = performance.now();
  }

  async #mine(): Promise<OutboxState> {
    const state = await this.#look();
    if (state === undefined) throw lost;
    return state;
  }

  async #row(): Promise<Record<string, unknown> | undefined> {
    return (await this.#run(this.#sql.state, []))[0] as Record<string, unknown> | undefined;
  }

  async #named(ids: readonly string[]): Promise<OutboxRow[]> {
    const rows = entries(await this.#run(this.#sql.named, [ids]));
    return rows.flatMap((row) => ({ ...row, jid: readRow(row.job).jid ?? '' }));
  }

  /** The rows of a new line; rows that are not jobs are refused here. */
  async #waiting(answered: number, features: () => Promise<ServerFeatures>): Promise<OutboxRow[]> {
    const line = new Map<string, OutboxRow>();
    let bytes = 0;
    for (const row of entries(await this.#run(this.#sql.next(this.#most), [this.#behind]))) {
      const { jid, custom } = readRow(row.job);
      const keys = featureKeys(custom);
      const missing = keys && (await features()).missing(keys);
      if (missing) {
        await this.#mark(row, missing, answered);
        continue;
      }
      if (jid === undefined) {
        await this.#mark(
          row,
          new FaktoryError('INVALID', 'the row is not a job with a jid in JSON'),
          answered,
        );
        continue;
      }
      bytes += Buffer.byteLength(row.job);
      // Refused jobs are reported by jid, so a line cannot have a jid twice.
      if (line.has(jid) || (line.size > 0 && bytes > lineBytes)) break;
      line.set(jid, { ...row, jid });
    }
    return [...line.values()];
  }

  /** The row stays, with the reason in `error`; it is not sent until `error` is set to NULL. */
  async #mark(
    { id, job }: { id: string; job: string },
    error: FaktoryError,
    answered: number,
  ): Promise<void> {
    await this.#run(this.#sql.refuse, [error.message, id, this.#owner, answered]);
    this.#refuse({ id, job, error });
  }

  async #run(text: string, given: readonly (OutboxValue | readonly string[])[]): Promise<readonly unknown[]> {
    const { sql, values } = bound(this.#store.dialect, text, given);
    try {
      return await this.#store.query(sql, values);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new FaktoryError('STORAGE', `the outbox cannot be read or written: ${why}`, { cause });
    }
  }
}

const lost = new FaktoryError('LOCKED', 'another relay has the outbox now');

/**
 * Compact, because a line break in a row's JSON would end the line. Its numbers stay as written.
 */
function lineOf(rows: readonly OutboxRow[], number: number): OutboxLine {
  return { number, rows, text: `PUSHB [${rows.map(({ job }) => compactJson(job)).join(',')}]` };
}

function entries(rows: readonly unknown[]): { id: string; job: string }[] {
  return (rows as { id: unknown; job: unknown }[]).map(({ id, job }) => ({
    id: String(id),
    job: typeof job === 'string' ? job : JSON.stringify(job), // a column of type json arrives parsed
  }));
}

/** The fields of a row's job that the relay needs; empty for a row that is not a job. */
function readRow(text: string): { jid?: string; custom?: Job['custom'] } {
  try {
    const { jid, custom } = JSON.parse(text) as { jid?: unknown; custom?: unknown };
    const keyed = typeof custom === 'object' && custom !== null ? (custom as Job['custom']) : undefined;
    return { ...(typeof jid === 'string' && { jid }), ...(keyed && { custom: keyed }) };
  } catch {
    return {};
  }
}
