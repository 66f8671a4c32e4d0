/**
 * The names of found jobs: the row, and what must be true of it for the name to hold. SQLite gives the number of a row that is
 * gone to a new one, so the number alone names nothing.
 */

export interface EntryName {
  readonly id: number;
  /** The place's. */
  readonly code: number;
  /** Changes with every move and every change of its document. */
  readonly seq: number;
  /** As its column has it. */
  readonly jid: string;
}

export function writeEntryName({ id, code, seq, jid }: EntryName): string {
  return `${id}.${code}.${seq}.${jid}`;
}

/** Undefined for what is no name. */
export function readEntryName(text: string): EntryName | undefined {
  const [, id, code, seq, jid] = /^(\d{1,16})\.(\d)\.(-?\d{1,16})\.([\s\S]*)$/.exec(text) ?? [];
  return jid === undefined ? undefined : { id: Number(id), code: Number(code), seq: Number(seq), jid };
}
