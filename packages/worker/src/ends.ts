/**
 * Reports the results of jobs to the server: many in one line and one commit, or one by one to a
 * server without the extensions. When a reply is lost, the line is sent again; the job does not run
 * again for it.
 *
 * Note: no call here has a deadline. While the worker lives, a result is reported as soon as a
 * server is reachable.
 */

import { type Connection, commands, type Refused } from '@faktory-ts/client';
import { type FailPayload, FaktoryError, type Job } from '@faktory-ts/protocol';
import { type Failure, plainFailure } from './failure.ts';
import type { Logger } from './log.ts';
import type { Outcome } from './outcome.ts';

/** A job that the worker has reserved. */
export interface InHand {
  readonly job: Job;
  /** The reservation id; undefined from a server without the extensions. */
  readonly rid: string | undefined;
}

interface End {
  readonly hand: InHand;
  readonly outcome: Outcome;
}

/** Options of commands that wait as long as the worker lives. */
export const patient = { timeout: Number.POSITIVE_INFINITY };
const longestWait = 3; // ms that a result waits for others, to be sent in one line
const mostInLine = 500;
const pause = 1000; // ms before results are sent again that the server could not store
/** Codes of errors that a shorter line would get too. */
const lasting: ReadonlySet<string> = new Set([
  'ABORTED',
  'CLOSED',
  'SHUTDOWN',
  'FORBIDDEN',
  'AUTH',
  'TLS',
  'CONFIG',
]);

export class Ends {
  readonly #connection: Connection;
  readonly #log: Logger;
  #waiting: End[] = [];
  /** Jobs whose result was added and neither confirmed by the server nor given up. */
  readonly #unconfirmed = new Set<InHand>();
  #timer: NodeJS.Timeout | undefined;
  readonly #telling = new Set<Promise<void>>();

  constructor(connection: Connection, log: Logger) {
    this.#connection = connection;
    this.#log = log;
  }

  /** Reports a result within a few milliseconds, or at the next flush. */
  add(hand: InHand, outcome: Outcome): void {
    this.#unconfirmed.add(hand);
    this.#push({ hand, outcome });
  }

  /** The reservation ids of the results that the server has not confirmed. */
  holding(): string[] {
    return [...this.#unconfirmed].flatMap(({ rid }) => rid ?? []);
  }

  #push(end: End): void {
    this.#waiting.push(end);
    if (this.#waiting.length >= mostInLine) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), longestWait);
  }

  /** Sends the waiting results now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const ends = this.#waiting;
    this.#waiting = [];
    for (const to of ['done', 'failed', 'released'] as const) {
      const same = ends.filter(({ outcome }) => outcome.to === to);
      if (same.length === 0) continue;
      const telling = this.#tell(same).finally(() => this.#telling.delete(telling));
      this.#telling.add(telling);
    }
  }

  /** Resolves when all results are confirmed or given up. */
  async settled(): Promise<void> {
    this.flush();
    while (this.#telling.size > 0) await Promise.all(this.#telling);
  }

  /** Sends results of one kind until the server stores or refuses them. Never rejects. */
  async #tell(ends: readonly End[]): Promise<void> {
    for (;;) {
      try {
        await this.#tellOnce(ends);
        break;
      } catch (error) {
        const code = codeOf(error);
        if (code !== 'STORAGE') return this.#refused(ends, error);
        this.#log.warn(`the server cannot store the results of ${ends.length} jobs yet: ${messageOf(error)}`);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    for (const { hand } of ends) this.#unconfirmed.delete(hand);
  }

  async #tellOnce(ends: readonly End[]): Promise<void> {
    // No await when there is a connection: the line must leave before what is called after flush().
    const offer = this.#connection.offer ?? (await this.#connection.ready({ ...patient, outlast: true }));
    if (offer === undefined) return this.#tellSingly(ends);
    try {
      this.#say(ends, await tellTogether(this.#connection, ends));
    } catch (error) {
      if (codeOf(error) !== 'UNKNOWN_COMMAND') throw error;
      await this.#tellSingly(ends);
    }
  }

  /**
   * Splits a line that the server refused, because it may accept the parts. A single refused result
   * is given up: the worker reconnects without that reservation, so the server takes the job back.
   */
  async #refused(ends: readonly End[], error: unknown): Promise<void> {
    const half = Math.ceil(ends.length / 2);
    if (ends.length > 1 && !lasting.has(codeOf(error) ?? '')) {
      await Promise.all([this.#tell(ends.slice(0, half)), this.#tell(ends.slice(half))]);
      return;
    }
    for (const { hand } of ends) this.#unconfirmed.delete(hand);
    const jids = ends.slice(0, 10).map(({ hand }) => hand.job.jid);
    const text = `could not report the results of ${ends.length} jobs; they will run again: ${messageOf(error)}`;
    this.#log.error(text, { jids });
    this.#connection.reconnect();
  }

  #say(ends: readonly End[], refused: Refused): void {
    if (Object.keys(refused).length === 0) return;
    for (const { hand, outcome } of ends) {
      const reason = refused[hand.rid ?? ''];
      if (reason === undefined) continue;
      const { jid, jobtype } = hand.job;
      const text = `the job was no longer reserved, so its result (${outcome.to}) was not stored: ${reason}`;
      this.#log.warn(text, { jid, jobtype });
    }
  }

  async #tellSingly(ends: readonly End[]): Promise<void> {
    await Promise.all(ends.map((end) => tellClassic(this.#connection, end, this.#log)));
  }
}

/** Sends results of one kind in one line. Returns what the server refused. */
function tellTogether(on: Connection, ends: readonly End[]): Promise<Refused> {
  const names = ends.map(namesOf);
  const [first] = ends;
  if (first?.outcome.to === 'done') return commands.ackBulk(on, names, patient);
  if (first?.outcome.to === 'released') return commands.release(on, names, patient);
  const failed = ends.flatMap(({ hand, outcome }) =>
    outcome.to === 'failed' ? [{ ...namesOf({ hand }), ...report(outcome), ...wish(outcome) }] : [],
  );
  return commands.failBulk(on, failed, patient);
}

/**
 * Reports one result by the classic verbs, which have no reservation ids and no fates. Never
 * rejects.
 */
export async function tellClassic(on: Connection, { hand, outcome }: End, log: Logger): Promise<void> {
  const { jid, jobtype } = hand.job;
  const verb = outcome.to === 'failed' && outcome.fate !== 'discarded' ? 'FAIL' : 'ACK';
  try {
    if (outcome.to === 'released') {
      await commands.fail(on, { jid, ...report({ failure: givenBack, ...outcome }) }, patient);
    } else if (outcome.to === 'done' || outcome.fate === 'discarded') await commands.ack(on, jid, patient);
    else {
      await commands.fail(on, { jid, ...report(outcome) }, patient);
      // FAIL has no option for it: kill the job in the retry set, where FAIL has put it.
      if (outcome.fate === 'dead')
        await commands.mutate(on, { cmd: 'kill', target: 'retries', filter: { jids: [jid] } }, patient);
    }
  } catch (error) {
    if (codeOf(error) === 'NOT_FOUND') {
      const text =
        'the job was no longer reserved: its result was already reported, or its reservation expired';
      log.warn(text, { jid, jobtype });
      return;
    }
    log.error(
      `${verb} failed; the server will retry the job when its reservation expires: ${messageOf(error)}`,
      {
        jid,
        jobtype,
      },
    );
  }
}

const givenBack = plainFailure('Released', 'its handler handed the job back');

function namesOf({ hand }: { hand: InHand }): { jid: string; rid: string } {
  return { jid: hand.job.jid, rid: hand.rid ?? '' };
}

function report({ failure }: { failure: Failure }): Omit<FailPayload, 'jid'> {
  const { errtype, message, backtrace } = failure;
  return { errtype, message, ...(backtrace.length > 0 && { backtrace }) };
}

function wish({ fate, retryIn }: Outcome & { to: 'failed' }): {
  fate?: 'dead' | 'discard';
  retry_in?: number;
} {
  return {
    ...(fate !== undefined && { fate: fate === 'discarded' ? 'discard' : fate }),
    ...(retryIn !== undefined && { retry_in: retryIn }),
  };
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof FaktoryError ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
