/**
 * One connection of a producer that numbers its own lines: dialled once, and sent one batch after
 * the other.
 *
 * Note: it never dials again, because a line's number follows from what the server had counted when
 * this connection was made. A broken connection throws nothing: `ask` returns the replies that
 * arrived, and `error` is the reason.
 */

import { type Extension, FaktoryError, type Reply, wireError } from '@faktory-ts/protocol';
import { Link, type LinkOptions } from '../link.ts';

export class Talk {
  /** Resolves when the server accepted HELLO and EXT; rejects when there is no connection. */
  readonly opened: Promise<Extension | undefined>;
  /** Why the connection ended. */
  error: FaktoryError | undefined;
  readonly #link: Link;
  #replies: Reply[] = [];
  #due = 0;
  #answer: (replies: Reply[]) => void = () => {};

  constructor(options: LinkOptions) {
    let up: (offer: Extension | undefined) => void = () => {};
    let down: (error: FaktoryError) => void = () => {};
    this.opened = new Promise((resolve, reject) => {
      up = resolve;
      down = reject;
    });
    this.opened.catch(() => undefined); // the caller that awaits it sees the error
    this.#link = new Link(options, {
      up,
      room: () => undefined, // the size of a batch is limited
      reply: (reply) => this.#take(reply),
      gone: (error) => {
        this.error = error;
        down(error);
        this.#tell();
      },
    });
  }

  /**
   * Sends `count` lines, after `opened` and one batch at a time. Returns their replies: fewer when
   * the connection ended before.
   */
  ask(lines: string, count: number): Promise<Reply[]> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#due = count;
      if (this.error === undefined) this.#link.write(lines, count);
      else this.#tell();
    });
  }

  /**
   * Ends the connection, with END when no reply is due; a waiting batch gets the replies that
   * arrived.
   */
  leave(error: FaktoryError): void {
    if (this.#due === 0) this.#link.end();
    else this.#link.die(error);
  }

  #take(reply: Reply): void {
    if (this.#due === 0) {
      const unasked = new FaktoryError('PROTOCOL', 'the server sent a reply without a command');
      this.#link.die(reply.kind === 'error' ? wireError(reply.text) : unasked);
      return;
    }
    this.#replies.push(reply);
    if (this.#replies.length === this.#due) this.#tell();
  }

  #tell(): void {
    const replies = this.#replies;
    this.#replies = [];
    this.#due = 0;
    this.#answer(replies);
  }
}
