/**
 * HI → HELLO → OK, or a closed connection. Anything but a HELLO with a JSON object is closed without a word; a wrong
 * password is told and closed.
 */
import { greetingLine, type Hello, newChallenge, parseHello, proofRounds } from '@faktory-ts/protocol';
import type { Access, Caller, Claim } from '../access/access.ts';

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
    const { username, pwdhash = '', wid, hostname, pid, labels } = hello;
    const self = JSON.stringify([username, wid, hostname, pid, labels]);
    const challenge = this.#challenge && { ...this.#challenge, rounds: proofRounds(hello, this.#challenge) };
    return { hello, caller: await this.#access.admit(pwdhash, challenge, { ...client, username, self }) };
  }
}
