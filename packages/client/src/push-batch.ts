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
  readonly #calls = new Map<string, Call>();
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
    if (this.#calls.has(jid) || this.#calls.size >= this.#most) return false;
    if (length > longest && this.#calls.size > 0) return false;
    this.#length = length;
    this.#calls.set(jid, call);
    return true;
  }

  /** What is to be sent: a push that is alone leaves as it is. Undefined = nothing was added. */
  whole(): SentLine | undefined {
    return this.#calls.size > 1 ? this : this.#all[0];
  }

  get #all(): Call[] {
    return [...this.#calls.values()];
  }

  get line(): string {
    const jobs = this.#all.map(({ line }) => line.slice('PUSH '.length, -2));
    return `PUSHB [${jobs.join(',')}]\r\n`;
  }

  get calls(): readonly Call[] {
    return this.#all.filter(({ settled }) => !settled);
  }

  get settled(): boolean {
    return this.#all.every(({ settled }) => settled);
  }

  get sent(): boolean {
    return this.#all.some(({ sent }) => sent);
  }

  set sent(sent: boolean) {
    for (const call of this.#calls.values()) call.sent = sent;
  }

  answer(reply: Reply): void {
    if (reply.kind !== 'bulk') {
      this.fail(new FaktoryError('PROTOCOL', 'the server did not answer PUSHB as one does'));
      return;
    }
    const reasons = reply.text === '{}' ? {} : (JSON.parse(reply.text) as Record<string, string>);
    const alone: Call[] = [];
    for (const [jid, call] of this.#calls) {
      const reason = reasons[jid];
      const error = reason === undefined ? undefined : wireError(reason);
      if (error === undefined) call.answer(accepted);
      else if (isFull(error)) alone.push(call);
      else call.fail(error);
    }
    this.#alone(alone);
  }

  refuse(error: FaktoryError): void {
    if (error.code === 'STORAGE') this.fail(error);
    else this.#alone(this.#all);
  }

  fail(error: FaktoryError): void {
    for (const call of this.#calls.values()) call.fail(error);
  }

  lose(cause: FaktoryError): void {
    for (const call of this.#calls.values()) call.lose(cause);
  }
}

const accepted: Reply = { kind: 'simple', text: 'OK' };
