/**
 * JSON text in one form for equal values, made in linear time and in parts: the keys of objects are in order, each escape is written in
 * one way. Numbers stay as they were written, because large ones would lose digits.
 *
 * Note: nothing here recurses, because a client may nest 10,000 levels.
 */
import { inOrder } from './in-order.ts';
import { type Pieces, PiecesBuilder, textsOf } from './pieces.ts';

const PIECE = 64 * 1024; // characters of a result's piece, and of a string that are rewritten in one go
const REWRITTEN = 128; // characters that a piece with escapes counts beside its own
const MEMBER = 64; // characters that a member of an object counts beside its own

/** A member of an object: its key and its text. */
interface Member {
  readonly key: string;
  readonly text: Pieces;
}

/** An object that is open. */
interface Frame {
  readonly members: Member[];
  /** What is around it. */
  readonly outer: PiecesBuilder;
  /** Of the member that is being read. */
  key: string;
  /** The keys came in ascending order, without equal ones. */
  ascending: boolean;
}

/**
 * The canonical form as pieces of about 64 Ki characters. Yields after about `part` characters of work each. `text` must be valid and
 * compact JSON.
 */
export function* canonicalInParts(text: string, part: number): Generator<void, readonly string[]> {
  const isPlain = !/[\\\ud800-\udfff]/.test(text);
  if (isPlain && !text.includes('{')) return piecesOf(text);
  return yield* new Writing(text, part, isPlain).run();
}

function piecesOf(text: string): readonly string[] {
  if (text.length <= PIECE) return [text];
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = start + PIECE;
    const splitsPair = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
    pieces.push(text.slice(start, splitsPair ? end + 1 : end));
    start = splitsPair ? end + 1 : end;
  }
  return pieces;
}

/** One text that is brought into its canonical form. */
class Writing {
  readonly #text: string;
  readonly #part: number;
  /** No string has an escape or a surrogate. */
  readonly #isPlain: boolean;
  /** Open containers from the outside in; undefined: an array. */
  readonly #open: (Frame | undefined)[] = [];
  #result = new PiecesBuilder();
  #at = 0;
  /** The text before is in a result. */
  #from = 0;
  /** Work since the last yield, in characters. */
  #spent = 0;

  constructor(text: string, part: number, isPlain: boolean) {
    this.#text = text;
    this.#part = part;
    this.#isPlain = isPlain;
  }

  *run(): Generator<void, readonly string[]> {
    const text = this.#text;
    const { length } = text;
    while (this.#at < length) {
      const before = this.#at;
      const unit = text.charCodeAt(before);
      if (unit === 0x22 /* " */) {
        if (this.#isPlain) this.#at = text.indexOf('"', before + 1) + 1;
        else yield* this.#string();
      } else {
        this.#at++;
        if (unit === 0x7b /* { */) this.#opened();
        else if (unit === 0x5b /* [ */) this.#open.push(undefined);
        else if (unit === 0x5d /* ] */) this.#open.pop();
        else if (unit === 0x7d /* } */) yield* this.#closed();
        else if (unit === 0x2c /* , */) {
          const frame = this.#open.at(-1);
          if (frame !== undefined) this.#comma(frame);
        }
      }
      if (this.#spend(this.#at - before)) yield;
    }
    this.#flush(length);
    return yield* this.#pieces();
  }

  /** Counts work; true: it is time to yield. */
  #spend(characters: number): boolean {
    this.#spent += characters;
    if (this.#spent < this.#part) return false;
    this.#spent = 0;
    return true;
  }

  #flush(to: number): void {
    if (to > this.#from) this.#result.add(this.#text.slice(this.#from, to));
    this.#from = to;
  }

  #opened(): void {
    this.#flush(this.#at);
    const frame: Frame = { members: [], outer: this.#result, key: '', ascending: true };
    this.#open.push(frame);
    if (this.#text.charCodeAt(this.#at) !== 0x7d /* } */) this.#member(frame);
  }

  /** The member before ends here. */
  #comma(frame: Frame): void {
    this.#endMember(frame);
    this.#from = this.#at;
    this.#member(frame);
  }

  /** A member whose key begins here. */
  #member(frame: Frame): void {
    const text = this.#text;
    const end = this.#isPlain ? text.indexOf('"', this.#at + 1) + 1 : stringEnd(text, this.#at);
    const raw = text.slice(this.#at, end);
    const isOdd = !this.#isPlain && /[\\\ud800-\udfff]/.test(raw);
    frame.key = isOdd ? (JSON.parse(raw) as string) : raw.slice(1, -1);
    this.#result = new PiecesBuilder();
    if (isOdd) {
      this.#result.add(JSON.stringify(frame.key));
      this.#from = end;
    }
    this.#spent += MEMBER + end - this.#at;
    this.#at = end;
  }

  #endMember(frame: Frame): void {
    this.#flush(this.#at - 1);
    const last = frame.members.at(-1);
    if (last !== undefined && !(last.key < frame.key)) frame.ascending = false;
    frame.members.push({ key: frame.key, text: this.#result.end() });
  }

  /** The end of an object: its members in order are added to what is around it. Of equal keys the last one counts. */
  *#closed(): Generator<void> {
    const frame = this.#open.pop() as Frame;
    if (this.#result !== frame.outer) this.#endMember(frame);
    const spend = (characters: number): boolean => this.#spend(characters);
    const members = frame.ascending ? frame.members : yield* inOrder(frame.members, spend);
    this.#result = frame.outer;
    for (let index = 0, isFirst = true; index < members.length; index++) {
      const { key, text } = members[index] as Member;
      if (key === members[index + 1]?.key) continue;
      if (!isFirst) this.#result.add(',');
      isFirst = false;
      this.#result.add(text);
      if (this.#spend(MEMBER)) yield;
    }
  }

  /** A string that begins here; a long one is rewritten piece by piece. */
  *#string(): Generator<void> {
    const text = this.#text;
    let start = this.#at + 1;
    let at = start;
    let isOdd = false;
    for (;;) {
      const unit = text.charCodeAt(at);
      const ends = unit === 0x22; /* " */
      if (ends || at - start >= PIECE) {
        if (isOdd) {
          this.#flush(start);
          this.#result.add(rewritten(text.slice(start, at)));
          this.#from = at;
          this.#spent += REWRITTEN;
        }
        if (ends) break;
        start = at;
        isOdd = false;
        if (this.#spend(PIECE)) yield;
      }
      isOdd ||= unit === 0x5c || (unit & 0xf800) === 0xd800;
      at = afterCharacter(text, at);
    }
    this.#at = at + 1;
  }

  *#pieces(): Generator<void, readonly string[]> {
    const pieces: string[] = [];
    let batch: string[] = [];
    let length = 0;
    for (const text of textsOf(this.#result.end())) {
      batch.push(text);
      length += text.length;
      if (length >= PIECE) {
        pieces.push(...piecesOf(batch.join('')));
        batch = [];
        length = 0;
      }
      if (this.#spend(text.length + MEMBER)) yield;
    }
    pieces.push(batch.join(''));
    return pieces;
  }
}

/** What stands between the quotes of a string, with each character written as JSON.stringify writes it. */
const rewritten = (text: string): string => JSON.stringify(JSON.parse(`"${text}"`)).slice(1, -1);

/** The position after the string whose opening quote stands at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  for (let unit = text.charCodeAt(at); unit !== 0x22; unit = text.charCodeAt(at))
    at += unit === 0x5c /* \ */ ? 2 : 1;
  return at + 1;
}

/** The position after a character of a string; two surrogates that belong together are one, however each is written. */
function afterCharacter(text: string, at: number): number {
  const end = afterUnit(text, at);
  return isSurrogate(text, at, 0xd8) && isSurrogate(text, end, 0xdc) ? afterUnit(text, end) : end;
}

function afterUnit(text: string, at: number): number {
  if (text.charCodeAt(at) !== 0x5c /* \ */) return at + 1;
  return text.charCodeAt(at + 1) === 0x75 /* u */ ? at + 6 : at + 2;
}

/** `half`: 0xd8 for the first of a pair, 0xdc for the second. */
function isSurrogate(text: string, at: number, half: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit !== 0x5c) return (unit & 0xfc00) === half << 8;
  if (text.charCodeAt(at + 1) !== 0x75) return false;
  return (Number.parseInt(text.slice(at + 2, at + 4), 16) & 0xfc) === half;
}
