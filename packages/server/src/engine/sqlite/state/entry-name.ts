/**
 * Writes and reads entry names, which identify a found job by its row id and its state.
 * Note: a row id alone is not enough, because SQLite reuses the ids of deleted rows.
 */

export interface EntryName {
  readonly id: number;
  /** The place code. */
  readonly code: number;
  /** Changes with every move of the job and every change of its document. */
  readonly seq: number;
  /** The column value, not the text. */
  readonly jid: string;
}

export function writeEntryName({ id, code, seq, jid }: EntryName): string {
  return `${id}.${code}.${seq}.${jid}`;
}

/** Returns undefined for a text that is no entry name. */
export function readEntryName(text: string): EntryName | undefined {
  const [, id, code, seq, jid] = /^(\d{1,16})\.(\d)\.(-?\d{1,16})\.([\s\S]*)$/.exec(text) ?? [];
  return jid === undefined ? undefined : { id: Number(id), code: Number(code), seq: Number(seq), jid };
}
