/*
 * One connection of a producer that numbers its own lines: dialled once, asked one batch after the other.
 * It must never dial anew: the number of a line is its place behind what the server had counted when this very connection was made.
 * A stranger would get wrong that a broken connection is no exception here: the replies that came are given, and `error` says the rest.
 */

import { type Extension, FaktoryError, type Reply, wireError } from '@faktory-ts/protocol';
import { Link, type LinkOptions } from '../link.ts';

export class Talk {
  /** Resolves when the server took HELLO and EXT; rejects when there will be no connection. */
  readonly opened: Promise<Extension | undefined>;
  /** Why it ended. */
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
    this.opened.catch(() => undefined); // heard by whoever waits for it
    this.#link = new Link(options, {
      up,
      room: () => undefined, // a batch is bounded
      reply: (reply) => this.#take(reply),
      gone: (error) => {
        this.error = error;
        down(error);
        this.#tell();
      },
    });
  }

  /** Sends so many lines, after `opened` and one batch at a time. Gives their replies: fewer when the connection ended behind them. */
  ask(lines: string, count: number): Promise<Reply[]> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#due = count;
      if (this.error === undefined) this.#link.write(lines, count);
      else this.#tell();
    });
  }

  /** Ends it, with END when nothing is owed; a batch that waits is given what has come. */
  leave(error: FaktoryError): void {
    if (this.#due === 0) this.#link.end();
    else this.#link.die(error);
  }

  #take(reply: Reply): void {
    if (this.#due === 0) {
      const unasked = new FaktoryError('PROTOCOL', 'the server sent a reply that nothing asked for');
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
