/**
 * Who works: one record per wid, fed by HELLO, BEAT and FETCH.
 *
 * A worker's life: its first HELLO makes the record, *running*. From there it only moves forward, to *quiet* (finishes
 * what it has, gets no more) and to *terminate* (should exit); every BEAT tells it its state. The record goes when the
 * last connection of the wid closes, or after 60 s without a BEAT, which also closes the connections. A BEAT from a
 * connection whose HELLO carried the wid makes the record again.
 *
 * A worker's end releases no reservation: a closed socket proves nothing about the job.
 */
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import { SelfTexts } from './self-texts.ts';

export type WorkerState = 'running' | 'quiet' | 'terminate';

/** What a worker said of itself in its first HELLO. */
interface WorkerSelf {
  readonly wid: string;
  readonly hostname: string;
  readonly pid: number;
  readonly labels: readonly string[];
}

/** A connection of a worker, as far as the roster needs it. */
export interface WorkerLine {
  readonly self: WorkerSelf;
  /** Whether what it fetches lasts with the worker's beats. */
  readonly leased: boolean;
  /** Whose it is; empty: nobody's. */
  readonly owner: string;
  /** Closes the connection, and ends a fetch that waits there, before it returns. */
  close(): void;
}

export interface WorkerRecord extends WorkerSelf {
  readonly startedAt: Micros;
  lastBeat: Micros;
  /** When it was heard last, by a clock that nobody sets. */
  heardAt: Micros;
  state: WorkerState;
  rssKb: number;
  /** Longest time its event loop stood still between its last two beats, ms; 0 when it does not say. */
  lagMs: number;
  /** Jobs it runs at once; 0 when it does not say. */
  slots: number;
  /** Whose it is, by its first connection; empty: nobody's. */
  readonly owner: string;
  /**
   * Queues of its last FETCH or FETCHB, in this order; empty until then. All workers together keep
   * at most {@link MOST_NAMES} with {@link MOST_OF_NAMES} characters: a longer list is cut.
   */
  queues: readonly string[];
  /** Characters of `queues`. */
  nameLength: number;
  readonly lines: Set<WorkerLine>;
}

/** A worker is gone after this long without a BEAT. */
export const SILENCE: Micros = 60_000_000;

// Queue names of all workers, and their characters. Pages and attention read all of them in one go.
export const MOST_NAMES = 100_000;
export const MOST_OF_NAMES = 2 * 1024 * 1024;

const rank: Record<WorkerState, number> = { running: 0, quiet: 1, terminate: 2 };

export class Roster {
  readonly #records = new Map<string, WorkerRecord>();
  readonly #clock: () => Micros;
  readonly #steady: () => Micros;
  #reaped = 0;
  #names = 0;
  #nameLength = 0;
  readonly #texts = new SelfTexts();

  /** Times are told by `clock`, silence is measured by `steady`. */
  constructor(clock: () => Micros, steady = clock) {
    this.#clock = clock;
    this.#steady = steady;
  }

  get size(): number {
    return this.#records.size;
  }

  /** Workers that fell silent since the start. */
  get reaped(): number {
    return this.#reaped;
  }

  /** Whose the worker of this wid is; undefined: it is not here. */
  ownerOf(wid: string): string | undefined {
    return this.#records.get(wid)?.owner;
  }

  workers(): readonly WorkerRecord[] {
    return [...this.#records.values()];
  }

  /** A FETCH for these queues. Gives the worker's state; a wid that is not here is running. */
  fetching(wid: string, queues: readonly string[]): WorkerState {
    const record = this.#records.get(wid);
    if (!record) return 'running';
    const room = MOST_NAMES - this.#names + record.queues.length;
    this.#keep(record, queues.length <= room ? queues : queues.slice(0, room));
    return record.state;
  }

  /** Keeps as many of these names as there is room for. */
  #keep(record: WorkerRecord, queues: readonly string[]): void {
    const room = MOST_OF_NAMES - this.#nameLength + record.nameLength;
    let [length, count] = [0, 0];
    for (const name of queues) {
      if (length + name.length > room) break;
      length += name.length;
      count += 1;
    }
    this.#names += count - record.queues.length;
    this.#nameLength += length - record.nameLength;
    record.queues = count === queues.length ? queues : queues.slice(0, count);
    record.nameLength = length;
  }

  /** A connection with a wid said HELLO. */
  join(line: WorkerLine): void {
    const known = this.#records.get(line.self.wid);
    if (known) {
      known.lines.add(line);
      return;
    }
    const now = this.#clock();
    const { wid, hostname, pid, labels } = line.self;
    const record = {
      wid,
      pid,
      ...this.#texts.keep(hostname, labels),
      startedAt: now,
      lastBeat: now,
      heardAt: this.#steady(),
      rssKb: 0,
      lagMs: 0,
      slots: 0,
    };
    const { owner } = line;
    this.#records.set(wid, {
      ...record,
      owner,
      state: 'running',
      queues: [],
      nameLength: 0,
      lines: new Set([line]),
    });
  }

  /**
   * This connection speaks for the worker from now on: closes those that joined before it and fetch with a lease, so that none of
   * their fetches takes a job later. Throws STALE when one that joined after it does so already.
   */
  takeOver(line: WorkerLine): void {
    const lines = [...(this.#records.get(line.self.wid)?.lines ?? [])];
    const own = lines.indexOf(line);
    if (lines.some(({ leased }, index) => leased && index > own)) {
      const text = `a newer connection of worker ${line.self.wid} fetches with its lease; close this one`;
      throw new FaktoryError('STALE', text);
    }
    for (const older of lines.slice(0, own)) if (older.leased) older.close();
  }

  /** The connection closed. */
  leave(line: WorkerLine): void {
    const record = this.#records.get(line.self.wid);
    record?.lines.delete(line);
    if (record?.lines.size === 0) this.#remove(record);
  }

  /** A BEAT. Gives the state to tell. Throws NOT_FOUND for a wid that no live connection has said HELLO with. */
  beat(
    beat: { wid: string; state?: WorkerState; rssKb?: number; lagMs?: number; slots?: number },
    line: WorkerLine | undefined,
  ): WorkerState {
    if (!this.#records.has(beat.wid) && line?.self.wid === beat.wid) this.join(line);
    const record = this.#records.get(beat.wid);
    if (!record) throw new FaktoryError('NOT_FOUND', `unknown worker ${beat.wid}`);
    record.lastBeat = this.#clock();
    record.heardAt = this.#steady();
    record.rssKb = beat.rssKb ?? record.rssKb;
    record.lagMs = beat.lagMs ?? 0;
    record.slots = beat.slots ?? record.slots;
    if (beat.state) advance(record, beat.state);
    return record.state;
  }

  /** Tells a worker, or all, with the answer to their next BEAT; says how many. Throws NOT_FOUND for a wid that is not here. */
  signal(wid: string, state: WorkerState): number {
    const meant = wid === 'all' ? this.workers() : this.workers().filter((record) => record.wid === wid);
    if (meant.length === 0 && wid !== 'all') throw new FaktoryError('NOT_FOUND', `unknown worker ${wid}`);
    for (const record of meant) advance(record, state);
    return meant.length;
  }

  #remove(record: WorkerRecord): void {
    this.#records.delete(record.wid);
    this.#names -= record.queues.length;
    this.#nameLength -= record.nameLength;
    this.#texts.release(record);
  }

  /** How long nothing was heard of a worker. */
  silence({ heardAt }: WorkerRecord): Micros {
    return this.#steady() - heardAt;
  }

  /** Removes workers that have been silent for too long and closes their connections. Returns them. */
  reap(): WorkerRecord[] {
    const gone: WorkerRecord[] = [];
    for (const record of this.#records.values()) {
      if (this.silence(record) < SILENCE) continue;
      this.#remove(record);
      this.#reaped += 1;
      gone.push(record);
      for (const line of record.lines) line.close();
    }
    return gone;
  }
}

function advance(record: WorkerRecord, to: WorkerState): void {
  if (rank[to] > rank[record.state]) record.state = to;
}
