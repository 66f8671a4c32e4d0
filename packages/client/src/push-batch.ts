/**
 * Joins pushes of the same moment into one PUSHB: one line, one number, one reply, and a result for
 * each call. When the server refuses the whole line, each job is sent again alone.
 *
 * Note: only counted pushes are joined. When the reply to another line is lost, nobody can know
 * which of its jobs the server has.
 */

import { FaktoryError, type Reply, wireError } from '@faktory-ts/protocol';
import type { Call, SentLine } from './call.ts';
import { isFull } from './delivery/refused.ts';

const longest = 64 * 1024; // characters; a longer line is no faster, and would wait longer for its commit

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
   * @param most number of jobs that the server accepts in a line
   * @param alone takes calls that must be sent again, each in its own line
   */
  constructor(most: number, alone: (calls: Call[]) => void) {
    this.#most = most;
    this.#alone = alone;
  }

  /**
   * Adds a push unless it does not fit. The server reports refused jobs by jid, so two equal jids
   * need two lines.
   */
  add(call: Call, jid: string): boolean {
    const length = this.#length + call.line.length;
    if (this.#calls.has(jid) || this.#calls.size >= this.#most) return false;
    if (length > longest && this.#calls.size > 0) return false;
    this.#length = length;
    this.#calls.set(jid, call);
    return true;
  }

  /** The line to send; a single push stays a PUSH. Undefined: nothing was added. */
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
      this.fail(new FaktoryError('PROTOCOL', 'unexpected reply to PUSHB'));
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
