/**
 * The source of an import: the keys of one Redis database, from a file or from a running Redis.
 * Nothing is ever written to it.
 */

/** Kinds of values. */
export type Kind = 'string' | 'list' | 'set' | 'sorted set' | 'hash' | 'stream' | 'module value';

/** A member of a sorted set. */
export interface Scored {
  readonly member: Buffer;
  /** May be infinite or NaN. */
  readonly score: number;
}

/** Called for each key; returns whether its value will be read. */
export type OnKey = (name: string, kind: Kind) => boolean;

/**
 * The values come in pieces, so that none must fit into memory. All methods throw FaktoryErrors.
 */
export interface Source {
  /** Name for messages, without the password. */
  readonly name: string;
  /** Reports all keys of the database. Must be called first, and starts a new reading. */
  keys(onKey: OnKey): Promise<void>;
  /** Further notes for the report, such as other databases. */
  readonly asides: readonly string[];
  string(key: string): Promise<Buffer>;
  set(key: string): AsyncIterable<Buffer[]>;
  /** From the last element to the first: Faktory pushes to the left and fetches from the right. */
  list(key: string): AsyncIterable<Buffer[]>;
  /** From the lowest score to the highest, as far as the source stores them in order. */
  sorted(key: string): AsyncIterable<Scored[]>;
  /** Throws when the data changed since `keys`. */
  unchanged(): Promise<void>;
  close(): Promise<void>;
}

/** A score as Redis writes it. */
export function parseScore(text: string): number {
  if (/^\+?inf/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf/i.test(text)) return Number.NEGATIVE_INFINITY;
  return text === '' ? Number.NaN : Number(text);
}
