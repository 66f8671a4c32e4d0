/**
 * HI → HELLO → OK, or a closed connection. Anything but a HELLO with a JSON object is closed without a word; a wrong
 * password is told and closed.
 */
import {
  excerpt,
  FaktoryError,
  greetingLine,
  type Hello,
  newChallenge,
  parseHello,
  proofRounds,
} from '@faktory-ts/protocol';
import type { Access, Caller, Claim } from '../access/access.ts';

const MOST_OF_WID = 500; // characters

export class Handshake {
  /** What is said first, with its line end. */
  readonly greeting: string;
  readonly #access: Access;
  readonly #challenge: { rounds: number; salt: string } | undefined;

  constructor(access: Access) {
    this.#access = access;
    this.#challenge = access.asks ? newChallenge() : undefined;
    this.greeting = greetingLine(this.#challenge);
  }

  /** Checks the first line. Undefined: close silently. Rejects with AUTH for a wrong proof, LIMIT after too many. */
  async accept(
    line: string,
    client: Pick<Claim, 'address' | 'gone'>,
  ): Promise<{ hello: Hello; caller: Caller } | undefined> {
    const hello = parseHello(line);
    if (!hello) return undefined;
    checkWid(hello.wid);
    const { username, pwdhash = '', wid, hostname, pid, labels } = hello;
    const self = JSON.stringify([username, wid, hostname, pid, labels]);
    const challenge = this.#challenge && { ...this.#challenge, rounds: proofRounds(hello, this.#challenge) };
    return { hello, caller: await this.#access.admit(pwdhash, challenge, { ...client, username, self }) };
  }
}

/** Throws INVALID for a wid so long that the lists of workers and jobs would be of megabytes. */
function checkWid(wid: string | undefined): void {
  if (wid === undefined || wid.length <= MOST_OF_WID) return;
  const text = `wid ${excerpt(wid)} has ${wid.length} characters; use at most ${MOST_OF_WID}`;
  throw new FaktoryError('INVALID', text);
}
