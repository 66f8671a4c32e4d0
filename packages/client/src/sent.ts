/*
 * The calls on the wire, in the order in which their replies will come.
 * It must never lose the place of a call that was given up. A stranger would get wrong why it is no plain array: shift() moves
 * every element of a large one, and a burst of 100,000 pushes would spend seconds there.
 */

import { defaultMaxReplyBytes } from '@faktory-ts/protocol';
import type { SentLine } from './call.ts';

/** Bytes of a reply that has no jobs in it: INFO of 10,000 queues with long names has 4 MB. */
const mostReply = 8 * 1024 * 1024;

const repliesWithJobs = /^(?:FETCHB?|JOBS|TAIL) /;

export class SentCalls {
  #calls: (SentLine | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#calls.length - this.#first;
  }

  /** Most bytes of the reply that comes next: only one with jobs may be as long as they are. */
  get mostReply(): number {
    const line = this.#calls[this.#first]?.line ?? '';
    return repliesWithJobs.test(line) ? defaultMaxReplyBytes : mostReply;
  }

  push(call: SentLine): void {
    this.#calls.push(call);
  }

  /** Takes out the call whose reply comes next. */
  shift(): SentLine | undefined {
    const call = this.#calls[this.#first];
    if (call === undefined) return undefined;
    this.#calls[this.#first++] = undefined;
    if (this.#first === this.#calls.length || this.#first === 1024) {
      this.#calls = this.#calls.slice(this.#first);
      this.#first = 0;
    }
    return call;
  }

  /** Takes out all. */
  drain(): SentLine[] {
    const calls = this.#calls.slice(this.#first);
    this.#calls = [];
    this.#first = 0;
    return calls.filter((call) => call !== undefined);
  }
}
