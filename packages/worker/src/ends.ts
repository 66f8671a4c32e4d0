/*
 * How jobs ended, on the way to the server: many in one line and one commit, or one by one to a server without the extensions.
 * It must never tell a job's end twice, nor run a job again because its ACK got lost: the line is what is sent again. A stranger
 * would get wrong that nothing here has a deadline: an end is told as soon as there is a server, while the worker lives.
 */

import { type Connection, commands, type Refused } from '@faktory-ts/client';
import { type FailPayload, FaktoryError, type Job } from '@faktory-ts/protocol';
import { type Failure, plainFailure } from './failure.ts';
import type { Logger } from './log.ts';
import type { Outcome } from './outcome.ts';

/** A job in the worker's hands. */
export interface InHand {
  readonly job: Job;
  /** Names the hand-out; undefined from a server without the extensions. */
  readonly rid: string | undefined;
}

interface End {
  readonly hand: InHand;
  readonly outcome: Outcome;
}

/** For what is waited for as long as the worker lives. */
export const patient = { timeout: Number.POSITIVE_INFINITY };
const longestWait = 3; // ms that an end waits for others to go with
const mostInLine = 500;

export class Ends {
  readonly #connection: Connection;
  readonly #log: Logger;
  #waiting: End[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #telling = new Set<Promise<void>>();

  constructor(connection: Connection, log: Logger) {
    this.#connection = connection;
    this.#log = log;
  }

  /** Told within a few milliseconds, or at the next flush. */
  add(hand: InHand, outcome: Outcome): void {
    this.#waiting.push({ hand, outcome });
    if (this.#waiting.length >= mostInLine) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), longestWait);
  }

  /** Tells now what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const ends = this.#waiting;
    this.#waiting = [];
    const telling = this.#tell(ends).finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }

  /** When all that was added is answered, or given up. */
  async settled(): Promise<void> {
    this.flush();
    while (this.#telling.size > 0) await Promise.all(this.#telling);
  }

  async #tell(ends: readonly End[]): Promise<void> {
    try {
      // Without waiting when there is a connection: the line leaves ahead of what is called after flush().
      const offer = this.#connection.offer ?? (await this.#connection.ready({ ...patient, outlast: true }));
      if (offer === undefined) await this.#tellSingly(ends);
      else await this.#tellTogether(ends);
    } catch (error) {
      if (codeOf(error) === 'UNKNOWN_COMMAND') return this.#tellSingly(ends);
      const jids = ends.slice(0, 10).map(({ hand }) => hand.job.jid);
      const text = `the ends of ${ends.length} jobs could not be told; they return when their reservations end: ${messageOf(error)}`;
      this.#log.error(text, { jids });
    }
  }

  async #tellTogether(ends: readonly End[]): Promise<void> {
    const done = ends.filter(({ outcome }) => outcome.to === 'done').map(namesOf);
    const released = ends.filter(({ outcome }) => outcome.to === 'released').map(namesOf);
    const failed = ends.flatMap(({ hand, outcome }) =>
      outcome.to === 'failed' ? [{ ...namesOf({ hand }), ...report(outcome), ...wish(outcome) }] : [],
    );
    const on = this.#connection;
    const refused = await Promise.all([
      done.length > 0 ? commands.ackBulk(on, done, patient) : {},
      failed.length > 0 ? commands.failBulk(on, failed, patient) : {},
      released.length > 0 ? commands.release(on, released, patient) : {},
    ]);
    this.#say(ends, Object.assign({}, ...refused));
  }

  #say(ends: readonly End[], refused: Refused): void {
    if (Object.keys(refused).length === 0) return;
    for (const { hand, outcome } of ends) {
      const reason = refused[hand.rid ?? ''];
      if (reason === undefined) continue;
      const { jid, jobtype } = hand.job;
      const text = `the job was no longer reserved, that it is ${outcome.to} changed nothing: ${reason}`;
      this.#log.warn(text, { jid, jobtype });
    }
  }

  async #tellSingly(ends: readonly End[]): Promise<void> {
    await Promise.all(ends.map((end) => tellClassic(this.#connection, end, this.#log)));
  }
}

/** Tells one end in the classic verbs, which know neither hand-outs nor wishes. Never rejects. */
export async function tellClassic(on: Connection, { hand, outcome }: End, log: Logger): Promise<void> {
  const { jid, jobtype } = hand.job;
  const verb = outcome.to === 'failed' && outcome.fate !== 'discarded' ? 'FAIL' : 'ACK';
  try {
    if (outcome.to === 'released') {
      await commands.fail(on, { jid, ...report({ failure: givenBack, ...outcome }) }, patient);
    } else if (outcome.to === 'done' || outcome.fate === 'discarded') await commands.ack(on, jid, patient);
    else {
      await commands.fail(on, { jid, ...report(outcome) }, patient);
      // Not an option of FAIL: the job is killed where FAIL has put it.
      if (outcome.fate === 'dead')
        await commands.mutate(on, { cmd: 'kill', target: 'retries', filter: { jids: [jid] } }, patient);
    }
  } catch (error) {
    if (codeOf(error) === 'NOT_FOUND') {
      const text = 'the job was no longer reserved: its end was told before, or its time ran out';
      log.warn(text, { jid, jobtype });
      return;
    }
    log.error(`${verb} failed, the job returns when its reservation ends: ${messageOf(error)}`, {
      jid,
      jobtype,
    });
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
