/**
 * The start of a connection: the server's greeting, the client's HELLO, and the proof of the
 * password. A bad HELLO gets no reply; the server closes the connection.
 *
 * Note: the PHP client compares the greeting byte for byte. Clients below version 2 hash once,
 * whatever the announced number of rounds.
 */

import { FaktoryError } from './errors.ts';
import { integerIn, readPayload, stringIn, stringsIn } from './payload.ts';

/** The protocol version of client and server. */
export const protocolVersion = 2;

/** The challenge to a client that must prove the password. */
export interface Challenge {
  /** Number of hash rounds. */
  rounds: number;
  /** Text that is hashed after the password; hexadecimal. */
  salt: string;
}

/** The server's first line. `i` (rounds) and `s` (salt) only when a password is needed. */
export interface Greeting {
  v: 2;
  i?: number;
  s?: string;
}

/** The client's first line. A connection with a `wid` is a consumer. */
export interface Hello {
  /** Protocol version, 0 to 255; 0 when none was sent. */
  v: number;
  hostname?: string;
  wid?: string;
  pid?: number;
  labels?: string[];
  /** See {@link passwordProof}. */
  pwdhash?: string;
  username?: string;
  /** Memory of the process, KiB. */
  rss_kb?: number;
}

/** The greeting with its CRLF: exactly `+HI {"v":2}` without a password. */
export function greetingLine(challenge?: Challenge): string {
  if (challenge === undefined) return '+HI {"v":2}\r\n';
  return `+HI {"v":2,"i":${challenge.rounds},"s":${JSON.stringify(challenge.salt)}}\r\n`;
}

/**
 * A new challenge: 4000 to 8095 rounds, and 63 random bits as lower-case hexadecimal without
 * padding.
 */
export function newChallenge(): Challenge {
  const random = crypto.getRandomValues(new BigUint64Array(2));
  const [rounds = 0n, salt = 0n] = random;
  return { rounds: 4000 + Number(rounds & 0xfffn), salt: (salt >> 1n).toString(16) };
}

/**
 * Parses the server's first line, with or without its `+`. Throws `PROTOCOL` when it is not a
 * greeting of version 2.
 */
export function parseGreeting(line: string): Greeting {
  const text = line.startsWith('+') ? line.slice(1) : line;
  if (!text.startsWith('HI '))
    throw new FaktoryError('PROTOCOL', 'the greeting is not that of a Faktory server');
  try {
    const fields = readPayload(text.slice(3));
    const version = integerIn(fields, 'v');
    if (version !== protocolVersion) {
      throw new FaktoryError(
        'PROTOCOL',
        `the server speaks protocol version ${version}, this client speaks 2`,
      );
    }
    const rounds = integerIn(fields, 'i');
    const salt = stringIn(fields, 's');
    if (rounds !== undefined && (rounds < 1 || rounds > maxRounds)) {
      throw new FaktoryError('PROTOCOL', `the server asks for ${rounds} rounds of hashing`);
    }
    return { v: 2, ...(rounds !== undefined && { i: rounds }), ...(salt !== undefined && { s: salt }) };
  } catch (cause) {
    if (cause instanceof FaktoryError && cause.code === 'PROTOCOL') throw cause;
    throw new FaktoryError('PROTOCOL', "cannot read the server's greeting", { cause });
  }
}

/**
 * Maximum number of rounds that a client computes. Servers ask for 4000 to 8095; a hostile server
 * could ask for seconds of work.
 */
const maxRounds = 100_000;

/**
 * Parses the client's first line. Undefined: the line is no valid HELLO; close the connection
 * without a reply.
 */
export function parseHello(line: string): Hello | undefined {
  if (!line.startsWith('HELLO {')) return undefined;
  try {
    const fields = readPayload(line.slice('HELLO '.length));
    const hello: Hello = { v: integerIn(fields, 'v') ?? 0 };
    if (hello.v < 0 || hello.v > 255) return undefined;
    for (const name of ['hostname', 'wid', 'pwdhash', 'username'] as const) {
      const value = stringIn(fields, name);
      if (value !== undefined) hello[name] = value;
    }
    for (const name of ['pid', 'rss_kb'] as const) {
      const value = integerIn(fields, name);
      if (value !== undefined) hello[name] = value;
    }
    const labels = stringsIn(fields, 'labels');
    if (labels !== undefined) hello.labels = labels;
    return hello;
  } catch (error) {
    // Every invalid HELLO is treated the same.
    if (error instanceof FaktoryError) return undefined;
    throw error;
  }
}

/**
 * SHA-256 of some bytes, 32 bytes long. On Node: `(data) =>
 * createHash('sha256').update(data).digest()`.
 */
export type Sha256 = (data: Uint8Array) => Uint8Array;

/**
 * The value of `pwdhash`: SHA-256 of password and salt, hashed `rounds` times in all; hexadecimal.
 */
export function passwordProof(password: string, challenge: Challenge, sha256: Sha256): string {
  let hash = sha256(new TextEncoder().encode(password + challenge.salt));
  for (let round = 1; round < challenge.rounds; round++) hash = sha256(hash);
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * How many rounds this client computed: one below version 2 (cdrx's Python client sends no
 * version).
 */
export function proofRounds(hello: Hello, challenge: Challenge): number {
  return hello.v < protocolVersion ? 1 : challenge.rounds;
}
