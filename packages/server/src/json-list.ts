/**
 * Writes a long JSON text in parts, each in a round of the event loop of its own, so that no other request waits for all of it.
 */
import { PAGE_PART, pageParts } from './rounds.ts';

/** The bytes of all pieces, joined. The iterator makes each piece when it is its turn; a piece must be short. */
export function writeInParts(pieces: Iterable<string>): Promise<Buffer> {
  return pageParts.read(parts(pieces));
}

function* parts(pieces: Iterable<string>): Generator<void, Buffer> {
  const bytes: Buffer[] = [];
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < PAGE_PART) continue;
    bytes.push(Buffer.from(text));
    text = '';
    yield;
  }
  bytes.push(Buffer.from(text));
  return Buffer.concat(bytes);
}

/** The items of a JSON array as pieces, with the commas between them. */
export function* arrayPieces<Item>(
  items: Iterable<Item>,
  piecesOf: (item: Item) => Iterable<string> = (item) => [JSON.stringify(item)],
): Generator<string> {
  let comma = '';
  yield '[';
  for (const item of items) {
    if (comma !== '') yield comma;
    comma = ',';
    yield* piecesOf(item);
  }
  yield ']';
}

/** The members of a JSON object as pieces. */
export function* objectPieces<Value>(
  members: Iterable<readonly [string, Value]>,
  piecesOf: (value: Value) => Iterable<string> = (value) => [JSON.stringify(value)],
): Generator<string> {
  let comma = '';
  yield '{';
  for (const [name, value] of members) {
    yield `${comma}${JSON.stringify(name)}:`;
    comma = ',';
    yield* piecesOf(value);
  }
  yield '}';
}
