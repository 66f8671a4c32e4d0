/**
 * A queue of the sent calls, in the order of their replies. An aborted call keeps its place.
 *
 * Note: an array is too slow: shift() moves every element of a large one, so a burst of 100,000
 * pushes would take seconds.
 */

import { defaultMaxReplyBytes } from '@faktory-ts/protocol';
import type { SentLine } from './call.ts';

/**
 * Maximum number of bytes of a reply without jobs: INFO of 10,000 queues with long names has 4 MB.
 */
const mostReply = 8 * 1024 * 1024;

const repliesWithJobs = /^(?:FETCHB?|JOBS|TAIL) /;

export class SentCalls {
  #calls: (SentLine | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#calls.length - this.#first;
  }

  /**
   * Maximum number of bytes of the next reply: only a reply with jobs may be as long as they are.
   */
  get mostReply(): number {
    const line = this.#calls[this.#first]?.line ?? '';
    return repliesWithJobs.test(line) ? defaultMaxReplyBytes : mostReply;
  }

  push(call: SentLine): void {
    this.#calls.push(call);
  }

  /** Removes the call whose reply comes next. */
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

  /** Removes all calls. */
  drain(): SentLine[] {
    const calls = this.#calls.slice(this.#first);
    this.#calls = [];
    this.#first = 0;
    return calls.filter((call) => call !== undefined);
  }
}
