/*
 * Pushes that leave at the same moment, as one PUSHB: one line, one number, one answer, each call its own end.
 * It must never let a job suffer for another: where the server refuses all for one, each goes again alone. A stranger would get wrong
 * that only counted pushes are joined: of a line whose answer is lost nobody could say which of its jobs are in.
 */

import { FaktoryError, type Reply, wireError } from '@faktory-ts/protocol';
import type { Call, SentLine } from './call.ts';
import { isFull } from './delivery/refused.ts';

const longest = 64 * 1024; // characters; a longer line saves nothing more, and would wait longer for its commit

/** Collects pushes for a line. */
export class PushBatch implements SentLine {
  readonly again = false;
  readonly outlasts = false;
  readonly counted = true;
  number = 0;
  readonly #calls: Call[] = [];
  readonly #jids = new Set<string>();
  readonly #most: number;
  readonly #alone: (calls: Call[]) => void;
  #length = 0;

  /**
   * @param most jobs that the server takes in a line
   * @param alone takes calls that are to be sent again, each in a line of its own
   */
  constructor(most: number, alone: (calls: Call[]) => void) {
    this.#most = most;
    this.#alone = alone;
  }

  /** Adds a push unless it does not fit. The server tells refused jobs by jid: two of the same need two lines. */
  add(call: Call, jid: string): boolean {
    const length = this.#length + call.line.length;
    if (this.#jids.has(jid) || this.#calls.length >= this.#most) return false;
    if (length > longest && this.#calls.length > 0) return false;
    this.#length = length;
    this.#calls.push(call);
    this.#jids.add(jid);
    return true;
  }

  /** What is to be sent: a push that is alone leaves as it is. Undefined = nothing was added. */
  whole(): SentLine | undefined {
    return this.#calls.length > 1 ? this : this.#calls[0];
  }

  get line(): string {
    const jobs = this.#calls.map(({ line }) => line.slice('PUSH '.length, -2));
    return `PUSHB [${jobs.join(',')}]\r\n`;
  }

  get calls(): readonly Call[] {
    return this.#calls.filter(({ settled }) => !settled);
  }

  get settled(): boolean {
    return this.#calls.every(({ settled }) => settled);
  }

  get sent(): boolean {
    return this.#calls.some(({ sent }) => sent);
  }

  set sent(sent: boolean) {
    for (const call of this.#calls) call.sent = sent;
  }

  answer(reply: Reply): void {
    if (reply.kind !== 'bulk') {
      this.fail(new FaktoryError('PROTOCOL', 'the server did not answer PUSHB as one does'));
      return;
    }
    const reasons = reply.text === '{}' ? {} : (JSON.parse(reply.text) as Record<string, string>);
    const jids = [...this.#jids];
    const alone: Call[] = [];
    for (const [index, call] of this.#calls.entries()) {
      const reason = reasons[jids[index] as string];
      const error = reason === undefined ? undefined : wireError(reason);
      if (error === undefined) call.answer(accepted);
      else if (isFull(error)) alone.push(call);
      else call.fail(error);
    }
    this.#alone(alone);
  }

  refuse(error: FaktoryError): void {
    if (error.code === 'STORAGE') this.fail(error);
    else this.#alone(this.#calls);
  }

  fail(error: FaktoryError): void {
    for (const call of this.#calls) call.fail(error);
  }

  lose(cause: FaktoryError): void {
    for (const call of this.#calls) call.lose(cause);
  }
}

const accepted: Reply = { kind: 'simple', text: 'OK' };
