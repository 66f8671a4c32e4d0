/**
 * HI → HELLO → OK, or a closed connection. Anything but a HELLO with a JSON object is closed without a word; a wrong
 * password is told and closed.
 *
 * The proof costs thousands of hash rounds, so it is computed only when the client sent something of the right
 * length, and compared in constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import {
  FaktoryError,
  greetingLine,
  type Hello,
  newChallenge,
  parseHello,
  passwordProof,
  proofRounds,
} from '@faktory-ts/protocol';

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();

export class Handshake {
  /** What is said first, with its line end. */
  readonly greeting: string;
  readonly #password: string | undefined;
  readonly #challenge: { rounds: number; salt: string } | undefined;

  constructor(password: string | undefined) {
    this.#password = password;
    this.#challenge = password === undefined ? undefined : newChallenge();
    this.greeting = greetingLine(this.#challenge);
  }

  /** Checks the first line. Undefined: close silently. Throws AUTH for a wrong proof. */
  accept(line: string): Hello | undefined {
    const hello = parseHello(line);
    if (!hello || !this.#challenge || this.#password === undefined) return hello;
    const rounds = proofRounds(hello, this.#challenge);
    if (!this.#proves(hello.pwdhash ?? '', this.#password, { ...this.#challenge, rounds })) {
      throw new FaktoryError('AUTH', 'Invalid password');
    }
    return hello;
  }

  #proves(given: string, password: string, challenge: { rounds: number; salt: string }): boolean {
    const proof = Buffer.from(given);
    if (proof.length !== 64) return false;
    return timingSafeEqual(proof, Buffer.from(passwordProof(password, challenge, sha256)));
  }
}
