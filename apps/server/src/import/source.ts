/*
 * What an import reads: the keys of one Redis database, from a file or from a Redis that runs. It must never write.
 */

/** Kinds of values, as people call them. */
export type Kind = 'string' | 'list' | 'set' | 'sorted set' | 'hash' | 'stream' | 'module value';

/** A member of a sorted set. */
export interface Scored {
  readonly member: Buffer;
  /** May be infinite, or no number at all. */
  readonly score: number;
}

/** A key is told of; the one who hears says whether its value will be asked for. */
export type OnKey = (name: string, kind: Kind) => boolean;

/** The values come in pieces, so that none must fit into memory. Everything throws FaktoryErrors. */
export interface Source {
  /** For people; without a password. */
  readonly name: string;
  /** Tells of all keys of the database. Comes first, and begins a new reading. */
  keys(onKey: OnKey): Promise<void>;
  /** What else people should know of: other databases. */
  readonly asides: readonly string[];
  string(key: string): Promise<Buffer>;
  set(key: string): AsyncIterable<Buffer[]>;
  /** Last to first: Faktory pushes to the left and hands out from the right. */
  list(key: string): AsyncIterable<Buffer[]>;
  /** From the lowest score to the highest, as far as the source keeps them so. */
  sorted(key: string): AsyncIterable<Scored[]>;
  /** Throws when what was read changed since `keys`. */
  unchanged(): Promise<void>;
  close(): Promise<void>;
}

/** A score as Redis writes it. */
export function parseScore(text: string): number {
  if (/^\+?inf/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf/i.test(text)) return Number.NEGATIVE_INFINITY;
  return text === '' ? Number.NaN : Number(text);
}
