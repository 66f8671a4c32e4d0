/**
 * Reads the documents of jobs, large ones as bytes: both bindings take 60 ms to make a string of 8 MB of text beyond ASCII.
 */
import { isAscii, transcode } from 'node:buffer';

const LARGE = 256 * 1024; // bytes

/** SQL that selects a document for {@link documentIn}. */
export const DOCUMENT = `iif(octet_length(document) > ${LARGE}, CAST(document AS BLOB), document)`;

/** The text of a selected document. */
export function documentIn(column: string | Uint8Array): string {
  if (typeof column === 'string') return column;
  const bytes = Buffer.from(column.buffer, column.byteOffset, column.byteLength);
  if (isAscii(bytes)) return bytes.toString('latin1');
  return transcode(bytes, 'utf8', 'utf16le').toString('utf16le');
}
