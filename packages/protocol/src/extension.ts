/*
 * EXT: how a client asks for what our server can do beyond Faktory's protocol, and what it is offered. EXTENSIONS.md beside
 * this folder tells the whole; hand-outs.ts has the verbs. It must never change what a client sees that did not ask. A
 * stranger would get wrong that the offer is per connection: a client asks again on each new one.
 */

import { excerpt, FaktoryError } from './errors.ts';
import { integerIn, readPayload, stringIn, stringsIn } from './payload.ts';

/** The version that EXT asks for and this package speaks. */
export const extensionVersion = 1;

/** What a client asks for with EXT. */
export interface ExtensionAsk {
  v: number;
  /** Whose PUSH and PUSHB lines are to be counted: 1 to 100 characters. */
  producer?: string;
  /** How many of this producer's lines have been answered to it: what it need not be told of any more. */
  answered?: number;
  /** Seconds after its last push in which the producer is forgotten: 3600 to 2,592,000, which is the default. */
  keep?: number;
  /** This consumer's reservations last as long as its beats come. */
  lease?: boolean;
  /**
   * With `lease`: the reservation ids of all hand-outs that this worker has and whose end is not confirmed. The server takes every
   * other leased reservation of the worker back.
   */
  holding?: readonly string[];
}

/** What a counted line was answered: the text of the error, or for a PUSHB the map of the jobs that were refused. */
export type LineRefusal = string | Record<string, string>;

/** What the server answers to EXT. */
export interface Extension {
  v: number;
  /** Most jobs in one FETCHB. */
  max_fetch: number;
  /** Most entries in one ACKB, FAILB, RELEASE or EXTEND. */
  max_settle: number;
  /** What the server has beyond Faktory's free edition: `unique`, `expiry`, `track`, `batch`. Undefined: it does not say. */
  features?: readonly string[];
  /** Only to a named producer: how many of its PUSH and PUSHB lines were carried out, ever. */
  pushed?: number;
  /** Only to a named producer: what its lines behind `answered` were answered when that was not plain success, by the line's number. */
  refused?: Record<string, LineRefusal>;
  /** Only when asked for: seconds after its last beat at which the worker loses its reservations. */
  lease?: number;
}

const longestName = 100; // characters of a producer's name
const keepAtLeast = 3600; // seconds
const keepAtMost = 30 * 86_400;

/**
 * How many lines of a producer the server remembers refusals of. A client has no more than this many counted lines
 * unanswered at a time, else it could not be told after a broken connection.
 */
export const rememberedLines = 1000;

/**
 * Whether a PUSH that was answered so is not counted for its producer. The server closes the connection behind each of these.
 */
export function isUncounted({ code, message }: FaktoryError): boolean {
  if (code === 'STORAGE' || code === 'SHUTDOWN' || code === 'FORBIDDEN') return true;
  return message === 'internal error' || (code === 'LIMIT' && message.startsWith('line longer than'));
}

/** Reads what follows `EXT `. Throws `MALFORMED`, and `INVALID` for a version that this server does not speak. */
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
      throw new FaktoryError('MALFORMED', '"holding" speaks of leased reservations: send "lease":true too');
    const wrong = holding?.find((rid) => !isReservationId(rid));
    if (wrong !== undefined) {
      throw new FaktoryError(
        'MALFORMED',
        `"holding" has ${JSON.stringify(excerpt(wrong))}, which is no "rid" of FETCHB`,
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

/** Reads the answer to EXT on the client's side. Throws `PROTOCOL` when it is none. */
export function readExtension(text: string): Extension {
  try {
    const value = JSON.parse(text) as Partial<Extension> | null;
    if (value?.v === extensionVersion && value.max_fetch && value.max_settle) return value as Extension;
  } catch (cause) {
    throw new FaktoryError('PROTOCOL', 'the server answered EXT with bad JSON', { cause });
  }
  throw new FaktoryError('PROTOCOL', 'the server answered EXT with something else than an offer');
}

/** Whether the text is a reservation id as FETCHB writes it. */
export const isReservationId = (text: string): boolean => /^\d{1,16}$/.test(text);

/** Whatever cannot be read becomes `invalid VERB …: reason`. */
export function readRest<Result>(verb: string, rest: string, how: (text: string) => Result): Result {
  try {
    return how(rest);
  } catch (cause) {
    throw unreadableRest(verb, rest, cause);
  }
}

/** The error to throw for a payload that could not be read. */
export function unreadableRest(verb: string, rest: string, cause: unknown): unknown {
  if (!(cause instanceof FaktoryError) || cause.code === 'LIMIT') return cause;
  return new FaktoryError('MALFORMED', `invalid ${verb} ${excerpt(rest)}: ${cause.message}`, { cause });
}
