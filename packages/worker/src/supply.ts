/**
 * Fetches a worker's jobs from a server with our extensions: FETCHB in batches over one connection,
 * some jobs ahead of the slots. Results are reported in batches with the next FETCHB. A job that no
 * slot takes within one second is returned; on quiet all waiting jobs are.
 *
 * Note: each reply and each end of a job calls `#turn`, which starts jobs and fetches more.
 */

import { type Connection, commands } from '@faktory-ts/client';
import { FaktoryError } from '@faktory-ts/protocol';
import { type Ahead, queuedUp } from './ahead.ts';
import { runsAlone } from './alone.ts';
import { EmptyAnswers } from './empty-answers.ts';
import { codeOf, type Ends, messageOf, patient } from './ends.ts';
import { Flow } from './flow.ts';
import type { Logger } from './log.ts';
import type { WorkerObserver } from './observer.ts';
import type { QueueLimits } from './queue-limits.ts';
import { type Share, shares } from './shares.ts';
import type { Slots } from './slots.ts';

/** What a supply needs. */
export interface SupplyOptions {
  connection: Connection;
  ends: Ends;
  slots: Slots;
  limits: QueueLimits;
  /** The order for the next FETCHB. */
  queues: () => readonly string[];
  /** Most jobs fetched beyond the free slots. */
  fetchAhead: number;
  /** Aborted when no more jobs may be fetched. */
  quiet: AbortSignal;
  log: Logger;
  observer: WorkerObserver;
}

const pause = 1000; // ms after a FETCHB that the server refused
const longestAhead = 1000; // ms that a job waits here before it is returned

export class Supply {
  readonly #options: SupplyOptions;
  readonly #flow: Flow;
  readonly #empty = new EmptyAnswers();
  /** Fetched jobs that wait for a slot, the oldest first. */
  #ahead: Ahead[] = [];
  readonly #hands = new Set<Ahead>();
  /** The job that must run alone (alone.ts); while it is set no other job is fetched or started. */
  #alone: Ahead | undefined;
  /** Number of unanswered FETCHBs; below, the number of jobs that they ask for. */
  #asking = 0;
  #coming = 0;
  #asks = 0;
  #scheduled = false;
  #left = false;
  #paused: NodeJS.Timeout | undefined;
  #late: NodeJS.Timeout | undefined;
  #end: () => void = () => {};
  #onClassic: () => void = () => {};

  constructor(options: SupplyOptions) {
    this.#options = options;
    this.#flow = new Flow(options.slots.concurrency, options.fetchAhead);
  }

  /**
   * Fetches and runs jobs. Resolves after quiet, when all results are reported. Never rejects.
   *
   * @param onClassic called when the server has no extensions: nothing is fetched until `resume`
   */
  async run(onClassic: () => void): Promise<void> {
    const { quiet, ends } = this.#options;
    const wake = (): void => this.#becomeQuiet();
    quiet.addEventListener('abort', wake);
    this.#onClassic = onClassic;
    await new Promise<void>((resolve) => {
      this.#end = resolve;
      this.#turn();
    });
    quiet.removeEventListener('abort', wake);
    clearTimeout(this.#late);
    clearTimeout(this.#paused);
    await ends.settled();
  }

  /**
   * The reservation ids of the jobs that run or wait, and of unconfirmed results. The server takes
   * back all other jobs of this worker, because their replies were lost.
   */
  holding(): string[] {
    return [...[...this.#hands].map(({ rid }) => rid), ...this.#options.ends.holding()];
  }

  /** Continues when the server has the extensions again. */
  resume(): void {
    this.#left = false;
    this.#turn();
  }

  /** Called when a slot of a classic lane has become free. */
  slotFree(): void {
    this.#turn();
  }

  /** Aborts the jobs whose reservation, older than `age` milliseconds, the server does not have. */
  async check(age: number): Promise<void> {
    const before = performance.now() - age;
    const hands = [...this.#hands].filter(({ since }) => since < before);
    if (hands.length === 0 || this.#options.connection.offer === undefined) return;
    const names = hands.map(({ job, rid }) => ({ jid: job.jid, rid, seconds: 1 }));
    this.#empty.interrupted();
    const refused = await commands.extend(this.#options.connection, names);
    const lost = hands.filter(({ rid }) => Object.hasOwn(refused, rid));
    for (const hand of lost) this.#lose(hand);
    if (lost.length > 0) this.#turn();
  }

  #lose(hand: Ahead): void {
    const { slots, log } = this.#options;
    const { jid, jobtype } = hand.job;
    log.warn('the reservation of a job is lost; another worker will get the job', { jid, jobtype });
    hand.lost = true;
    const waits = this.#ahead.indexOf(hand);
    const reason = 'the reservation is lost, another worker may have the job';
    if (waits < 0) slots.lose(hand.job, new FaktoryError('STALE', reason));
    else {
      this.#ahead.splice(waits, 1);
      this.#drop(hand);
    }
  }

  /** The one place that decides: starts jobs, fetches more, and detects the end. */
  #turn(): void {
    const { quiet } = this.#options;
    this.#feed();
    // Later in this turn of the event loop, so that jobs that end together make one FETCHB.
    if (!quiet.aborted && !this.#left && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#askForMore();
      });
    }
    if (quiet.aborted && this.#idle) this.#end();
  }

  get #idle(): boolean {
    return this.#asking === 0 && this.#hands.size === 0;
  }

  #feed(): void {
    const { slots } = this.#options;
    if (this.#alone !== undefined) {
      void this.#startAlone(this.#alone);
      return;
    }
    let blocked = 0; // the jobs before this index wait for their type's limit
    while (slots.free > 0 && blocked < this.#ahead.length) {
      const hand = this.#ahead[blocked];
      if (hand === undefined || !slots.admits(hand.job.jobtype)) blocked++;
      else {
        this.#ahead.splice(blocked, 1);
        this.#start(hand);
      }
    }
    if (this.#ahead.length > 0) this.#late ??= setTimeout(() => this.#returnLate(), longestAhead).unref();
  }

  /** Starts the job when the worker holds no other; unconfirmed results count as held. */
  async #startAlone(hand: Ahead): Promise<void> {
    const { slots, ends } = this.#options;
    const alone = (): boolean => slots.busy === 0 && this.#asking === 0 && this.#ahead[0] === hand;
    if (!alone()) return;
    await ends.settled();
    if (!alone()) return;
    this.#ahead.shift();
    this.#start(hand);
  }

  /** Returns all other waiting jobs. No more jobs are fetched until this one has ended. */
  #setAside(alone: Ahead, arrived: readonly Ahead[]): void {
    this.#giveBack([...this.#ahead, ...arrived].filter((hand) => hand !== alone));
    if (this.#alone === alone) return; // the arrived jobs were fetched before
    const { jid, jobtype } = alone.job;
    const text =
      'a job whose workers died while they ran several jobs runs alone now, because it may be the cause';
    this.#options.log.info(text, { jid, jobtype, waitsFor: this.#options.slots.busy });
    this.#alone = alone;
    this.#ahead = [alone];
    this.#endWait();
  }

  #start(hand: Ahead): void {
    const { slots, ends } = this.#options;
    const startedAt = performance.now();
    void slots
      .start(hand.job, (seconds) => this.#extend(hand, seconds))
      .then((outcome) => {
        this.#flow.ran(performance.now() - startedAt);
        this.#empty.interrupted();
        if (!hand.lost) ends.add(hand, outcome);
        this.#drop(hand);
        this.#turn();
      });
  }

  async #extend({ job: { jid }, rid }: Ahead, seconds: number): Promise<boolean> {
    this.#empty.interrupted();
    const refused = await commands.extend(this.#options.connection, [{ jid, rid, seconds }]);
    return !Object.hasOwn(refused, rid);
  }

  #askForMore(): void {
    const { quiet, limits, queues, slots } = this.#options;
    while (!quiet.aborted && !this.#left && this.#paused === undefined && this.#alone === undefined) {
      const inHand = slots.busy + this.#ahead.length + this.#coming;
      const wanted = this.#flow.wanted(inHand, this.#ahead.length, limits.any ? 1 : 2, this.#asking);
      if (wanted < 1) return;
      if (!limits.any) {
        void this.#ask(shares(queues, wanted));
        continue;
      }
      const share = limits.open(queues(), wanted);
      if (share.names.length === 0) return;
      void this.#ask([share]);
    }
  }

  async #ask(parts: readonly Share[]): Promise<void> {
    const { connection, ends, quiet, observer } = this.#options;
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    this.#asking++;
    this.#coming += count;
    ends.flush(); // before the FETCHB, in one write and one commit
    observer.fetching?.();
    try {
      const offer = connection.offer ?? (await connection.ready({ ...patient, withdraw: quiet }));
      if (offer === undefined) throw new FaktoryError('UNKNOWN_COMMAND', 'the server has no extensions');
      const ask = this.#asks++;
      const since = performance.now();
      const fetched = await Promise.all(parts.map((part) => this.#fetch(part, offer.max_fetch, ask)));
      const jobs = fetched.reduce((sum, some) => sum + some, 0);
      this.#flow.fetched(jobs === count);
      const rest = this.#empty.answered(jobs, performance.now() - since);
      if (rest > 0) this.#pause(rest);
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#asking--;
      this.#coming -= count;
    }
    if (quiet.aborted) this.#giveBack(this.#ahead.splice(0));
    this.#turn();
  }

  async #fetch({ names, count }: Share, most: number, ask: number): Promise<number> {
    const { connection, limits, quiet, observer } = this.#options;
    limits.ask(names, count);
    try {
      const fetched = await commands.fetchBulk(connection, Math.min(count, most), names, quiet);
      observer.fetched?.(fetched.length);
      const since = performance.now();
      this.#take(fetched.map(({ job, rid }) => ({ job, rid, since, ask, lost: false })));
      return fetched.length;
    } finally {
      limits.answered(names, count);
    }
  }

  #take(hands: readonly Ahead[]): void {
    for (const hand of hands) {
      this.#options.limits.take(hand.job.queue);
      this.#hands.add(hand);
    }
    const alone = this.#alone ?? hands.find(({ job }) => runsAlone(job));
    if (alone !== undefined) this.#setAside(alone, hands);
    else this.#ahead = queuedUp(this.#ahead, hands);
    this.#feed();
  }

  #drop(hand: Ahead): void {
    this.#options.limits.end(hand.job.queue);
    this.#hands.delete(hand);
    if (this.#alone === hand) this.#alone = undefined;
  }

  #refused(error: unknown): void {
    const { connection, quiet, log } = this.#options;
    const code = codeOf(error);
    if (quiet.aborted || code === 'CLOSED') return;
    if (code === 'UNKNOWN_COMMAND') {
      this.#leave();
      return;
    }
    log.warn(`FETCHB failed: ${messageOf(error)}`, { code });
    // Jobs in an unreadable reply stay reserved until the next connection reports what is held.
    if (code === 'PROTOCOL') connection.reconnect();
    this.#pause(pause);
  }

  /** Fetches nothing for `ms` milliseconds. */
  #pause(ms: number): void {
    clearTimeout(this.#paused);
    this.#paused = setTimeout(() => {
      this.#paused = undefined;
      this.#turn();
    }, ms);
  }

  /** The server has no extensions any more: returns waiting jobs, and leaves running ones alone. */
  #leave(): void {
    this.#giveBack(this.#ahead.splice(0));
    if (this.#left) return; // the second of two FETCHBs
    this.#left = true;
    this.#onClassic();
  }

  #becomeQuiet(): void {
    this.#giveBack(this.#ahead.splice(0));
    this.#endWait();
    this.#turn();
  }

  /** Sends an empty line, which ends the wait of a FETCHB at the server. */
  #endWait(): void {
    const { connection } = this.#options;
    if (this.#asking === 0 || connection.offer === undefined) return;
    commands.release(connection, [], { timeout: pause }).catch(() => undefined);
  }

  #returnLate(): void {
    this.#late = undefined;
    if (this.#alone !== undefined) return; // it waits for the running jobs
    const before = performance.now() - longestAhead;
    const late = this.#ahead.filter(({ since }) => since <= before);
    if (late.length > 0) this.#flow.tooFarAhead();
    this.#ahead = this.#ahead.filter(({ since }) => since > before);
    this.#giveBack(late);
    this.#turn();
  }

  #giveBack(hands: readonly Ahead[]): void {
    if (hands.length > 0) this.#empty.interrupted();
    for (const hand of hands) {
      this.#options.ends.add(hand, { to: 'released' });
      this.#drop(hand);
    }
    if (hands.length > 0) this.#options.ends.flush();
  }
}
