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
const pause = 1000; // ms until results are sent again that the server could not store
/** Refusals that fewer results in a line would get too. */
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
  /** Added, and neither confirmed by the server nor given up. */
  readonly #unconfirmed = new Set<InHand>();
  #timer: NodeJS.Timeout | undefined;
  readonly #telling = new Set<Promise<void>>();

  constructor(connection: Connection, log: Logger) {
    this.#connection = connection;
    this.#log = log;
  }

  /** Told within a few milliseconds, or at the next flush. */
  add(hand: InHand, outcome: Outcome): void {
    this.#unconfirmed.add(hand);
    this.#push({ hand, outcome });
  }

  /** The reservation ids of the ends that the server has not confirmed. */
  holding(): string[] {
    return [...this.#unconfirmed].flatMap(({ rid }) => rid ?? []);
  }

  #push(end: End): void {
    this.#waiting.push(end);
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
    for (const to of ['done', 'failed', 'released'] as const) {
      const same = ends.filter(({ outcome }) => outcome.to === to);
      if (same.length === 0) continue;
      const telling = this.#tell(same).finally(() => this.#telling.delete(telling));
      this.#telling.add(telling);
    }
  }

  /** When all that was added is answered, or given up. */
  async settled(): Promise<void> {
    this.flush();
    while (this.#telling.size > 0) await Promise.all(this.#telling);
  }

  /** Until the server has them, or will not have them. All end in the same way. Never rejects. */
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
    // Without waiting when there is a connection: the line leaves ahead of what is called after flush().
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
   * What the server refuses in one line it may take in parts. A single result that it refuses is given up: the worker reconnects
   * without that reservation, and so the server takes the job back.
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
      const text = `the job was no longer reserved, that it is ${outcome.to} changed nothing: ${reason}`;
      this.#log.warn(text, { jid, jobtype });
    }
  }

  async #tellSingly(ends: readonly End[]): Promise<void> {
    await Promise.all(ends.map((end) => tellClassic(this.#connection, end, this.#log)));
  }
}

/** In one line; all end in the same way. Gives what the server refused. */
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
