/**
 * The EXT command, by which a client asks for our extensions of Faktory's protocol. EXTENSIONS.md
 * describes them; hand-outs.ts parses their verbs. Without EXT a client sees no difference.
 *
 * Note: the offer is for one connection. A client asks again on each new connection.
 */

import { excerpt, FaktoryError } from './errors.ts';
import { integerIn, readPayload, stringIn, stringsIn } from './payload.ts';

/** The version of the extensions, which EXT names. */
export const extensionVersion = 1;

/** The payload of EXT. */
export interface ExtensionAsk {
  v: number;
  /** The producer whose PUSH and PUSHB lines the server counts: 1 to 100 characters. */
  producer?: string;
  /**
   * Number of this producer's lines whose replies it received. The server deletes their refusals.
   */
  answered?: number;
  /**
   * Seconds after its last push until the server deletes the producer: 3600 to 2,592,000 (default).
   */
  keep?: number;
  /** The reservations of this consumer last as long as its beats arrive. */
  lease?: boolean;
  /**
   * With `lease`: the reservation ids of all hand-outs of this worker whose result is not
   * confirmed. The server takes back every other leased reservation of the worker.
   */
  holding?: readonly string[];
}

/** The refusal of a counted line: an error text, or for PUSHB the map of the refused jobs. */
export type LineRefusal = string | Record<string, string>;

/** The answer to EXT. */
export interface Extension {
  v: number;
  /** Maximum number of jobs in one FETCHB. */
  max_fetch: number;
  /** Maximum number of entries in one ACKB, FAILB, RELEASE or EXTEND. */
  max_settle: number;
  /**
   * Features beyond Faktory's free edition: `unique`, `expiry`, `track`, `batch`. Undefined: not
   * reported.
   */
  features?: readonly string[];
  /** Only for a named producer: how many of its PUSH and PUSHB lines were ever carried out. */
  pushed?: number;
  /** Only for a named producer: the refusals of its lines after `answered`, by line number. */
  refused?: Record<string, LineRefusal>;
  /** Only when asked for: seconds after its last beat until the worker loses its reservations. */
  lease?: number;
}

const longestName = 100; // characters of a producer's name
const keepAtLeast = 3600; // seconds
const keepAtMost = 30 * 86_400;

/**
 * Number of lines of a producer whose refusals the server keeps. A client has at most this many
 * counted lines without a reply, otherwise it could miss refusals after a broken connection.
 */
export const rememberedLines = 1000;

/**
 * Whether a PUSH that got this error is not counted for its producer. The server closes the
 * connection after each of these errors.
 */
export function isUncounted({ code, message }: FaktoryError): boolean {
  if (code === 'STORAGE' || code === 'SHUTDOWN' || code === 'FORBIDDEN') return true;
  return message === 'internal error' || (code === 'LIMIT' && message.startsWith('line longer than'));
}

/**
 * Parses the payload of EXT. Throws `MALFORMED`, and `INVALID` for a version that this server does
 * not support.
 */
export function parseExt(rest: string): ExtensionAsk {
  const fields = readRest('EXT', rest, readPayload);
  const v = readRest('EXT', rest, () => integerIn(fields, 'v'));
  if (v !== extensionVersion) {
    throw new FaktoryError('INVALID', `EXT knows version ${extensionVersion}, not ${v ?? 'none'}`);
  }
  return readRest('EXT', rest, () => {
    const producer = stringIn(fields, 'producer');
    if (producer === '' || (producer?.length ?? 0) > longestName) {
      throw new FaktoryError('MALFORMED', `"producer" must have 1 to ${longestName} characters`);
    }
    const answered = integerIn(fields, 'answered');
    const keep = integerIn(fields, 'keep');
    if (keep !== undefined && (keep < keepAtLeast || keep > keepAtMost)) {
      throw new FaktoryError('MALFORMED', `"keep" must be from ${keepAtLeast} to ${keepAtMost}`);
    }
    const lease = fields.get('lease') === true;
    const holding = stringsIn(fields, 'holding');
    if (holding !== undefined && !lease)
      throw new FaktoryError('MALFORMED', '"holding" is for leased reservations: send "lease":true too');
    const wrong = holding?.find((rid) => !isReservationId(rid));
    if (wrong !== undefined) {
      throw new FaktoryError(
        'MALFORMED',
        `"holding" has ${JSON.stringify(excerpt(wrong))}, which is not a "rid" of FETCHB`,
      );
    }
    return {
      v,
      lease,
      ...(producer !== undefined && { producer }),
      ...(answered !== undefined && { answered }),
      ...(keep !== undefined && { keep }),
      ...(holding !== undefined && { holding }),
    };
  });
}

/** Parses the answer to EXT, for clients. Throws `PROTOCOL` when it is not an offer. */
export function readExtension(text: string): Extension {
  try {
    const value = JSON.parse(text) as Partial<Extension> | null;
    if (value?.v === extensionVersion && value.max_fetch && value.max_settle) return value as Extension;
  } catch (cause) {
    throw new FaktoryError('PROTOCOL', 'unexpected reply to EXT: bad JSON', { cause });
  }
  throw new FaktoryError('PROTOCOL', 'unexpected reply to EXT: not an offer');
}

/** Whether the text is a reservation id of FETCHB. */
export const isReservationId = (text: string): boolean => /^\d{1,16}$/.test(text);

/** Runs `how`; turns a read error into `invalid VERB …: reason`. */
export function readRest<Result>(verb: string, rest: string, how: (text: string) => Result): Result {
  try {
    return how(rest);
  } catch (cause) {
    throw unreadableRest(verb, rest, cause);
  }
}

/** The error for a payload that could not be read. */
export function unreadableRest(verb: string, rest: string, cause: unknown): unknown {
  if (!(cause instanceof FaktoryError) || cause.code === 'LIMIT') return cause;
  return new FaktoryError('MALFORMED', `invalid ${verb} ${excerpt(rest)}: ${cause.message}`, { cause });
}
