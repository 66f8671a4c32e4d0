/*
 * An RDB file as a source. It is read twice: first from end to end, for its checksum and to know where the values are; then value by
 * value. A stranger would get wrong that lists are read from their end: so the first reading notes a place every 64 KiB, and what is
 * between two of them is all that is ever in memory.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FaktoryError } from '@faktory-ts/protocol';
import type { OnKey, Scored, Source } from '../source.ts';
import { FileBytes } from './file-bytes.ts';
import { type Form, formOf, skipModuleParts } from './values.ts';

/** Redis 7.4 and 8 write version 12; what they have beyond 7.2 is refused by its type. */
const NEWEST = 12;
const PIECE = 64 * 1024; // bytes of the file

/** Where items of a value are. */
interface Piece {
  readonly offset: number;
  items: number;
}
interface Value {
  readonly form: Form;
  readonly pieces: readonly Piece[];
}

export class RdbSource implements Source {
  readonly name: string;
  readonly asides: string[] = [];
  readonly #bytes: FileBytes;
  readonly #database: number;
  readonly #signal: AbortSignal;
  #values: Map<string, Value> | undefined;

  /**
   * @param database which of the databases in the file.
   * @param name for people, when the path says nothing to them.
   */
  constructor(path: string, database: number, signal: AbortSignal, name = path) {
    this.name = name;
    this.#bytes = new FileBytes(path);
    this.#database = database;
    this.#signal = signal;
  }

  async close(): Promise<void> {
    this.#bytes.close();
  }

  async unchanged(): Promise<void> {} // an open file stays what it was, also when Redis writes the next

  async keys(onKey: OnKey): Promise<void> {
    if (this.#values) {
      for (const [name, { form }] of this.#values) onKey(name, form.kind);
      return;
    }
    const values = new Map<string, Value>();
    await this.#scan(onKey, values);
    this.#values = values;
  }

  async string(key: string): Promise<Buffer> {
    const { form } = this.#valueOf(key);
    for (const piece of this.#pieces(key, false)) {
      this.#bytes.jump(piece.offset);
      const [text] = form.elements(this.#bytes);
      if (text) return text;
    }
    return Buffer.alloc(0);
  }

  set(key: string): AsyncIterable<Buffer[]> {
    return this.#read(key, false, (form) => form.elements(this.#bytes));
  }

  list(key: string): AsyncIterable<Buffer[]> {
    return this.#read(key, true, (form) => form.elements(this.#bytes));
  }

  sorted(key: string): AsyncIterable<Scored[]> {
    const { falling } = this.#valueOf(key).form;
    return this.#read(key, falling, (form) => form.scored(this.#bytes));
  }

  #valueOf(key: string): Value {
    const value = this.#values?.get(key);
    if (value) return value;
    throw new FaktoryError('NOT_FOUND', `there is no key ${key} in ${this.name}`);
  }

  #pieces(key: string, turned: boolean): readonly Piece[] {
    const { pieces } = this.#valueOf(key);
    return turned ? pieces.toReversed() : pieces;
  }

  async *#read<T>(key: string, turned: boolean, item: (form: Form) => T[]): AsyncGenerator<T[]> {
    const { form } = this.#valueOf(key);
    for (const { offset, items } of this.#pieces(key, turned)) {
      await this.#breathe();
      this.#bytes.jump(offset);
      const found: T[] = [];
      for (let n = 0; n < items; n++) for (const one of item(form)) found.push(one);
      yield turned ? found.reverse() : found;
    }
  }

  async #scan(onKey: OnKey, values: Map<string, Value>): Promise<void> {
    const bytes = this.#bytes;
    const version = headOf(bytes);
    let database = 0;
    const others = new Map<number, number>();
    for (let next = bytes.offset, type = bytes.byte(); type !== op.end; type = bytes.byte()) {
      if (bytes.offset - next > PIECE) {
        await this.#breathe();
        next = bytes.offset;
      }
      if (type === op.database) database = bytes.length();
      else if (!skipBeside(type, bytes)) {
        const form = formOf(type, bytes);
        const name = bytes.string().toString('utf8', 0, 1000); // Faktory's are short
        const keep = database === this.#database && onKey(name, form.kind);
        if (database !== this.#database) others.set(database, (others.get(database) ?? 0) + 1);
        const pieces = await this.#pass(form, keep);
        if (keep) values.set(name, { form, pieces });
      }
    }
    checkEnd(bytes, version);
    for (const [number, count] of others) {
      this.asides.push(
        `database ${number}, with ${count} keys, is left alone; --database ${number} reads that one`,
      );
    }
  }

  /** Goes over a value, and notes where its items are. */
  async #pass(form: Form, keep: boolean): Promise<Piece[]> {
    const bytes = this.#bytes;
    const count = form.counted ? bytes.length() : 1;
    const pieces: Piece[] = [];
    let piece: Piece | undefined;
    for (let n = 0; n < count; n++) {
      if (!piece || bytes.offset - piece.offset >= PIECE) {
        if (piece) await this.#breathe();
        piece = { offset: bytes.offset, items: 0 };
        if (keep) pieces.push(piece);
      }
      piece.items++;
      form.skip(bytes);
    }
    return pieces;
  }

  /** Lets Ctrl-C be heard. */
  async #breathe(): Promise<void> {
    await nextTurn();
    if (this.#signal.aborted) throw new FaktoryError('ABORTED', 'given up');
  }
}

/** Bytes where a type could be, that mean something else. */
const op = { database: 254, end: 255 } as const;

/** Skips what is not a value and matters to nobody here; false when it is a value's type. */
function skipBeside(type: number, bytes: FileBytes): boolean {
  switch (type) {
    case 253: // expires, in seconds
      bytes.skip(4);
      return true;
    case 252: // expires, in milliseconds
      bytes.skip(8);
      return true;
    case 251: // how many keys there are, and how many expire
      bytes.length();
      bytes.length();
      return true;
    case 250: // about the file: name and value
      bytes.skipString();
      bytes.skipString();
      return true;
    case 249: // how often used
      bytes.skip(1);
      return true;
    case 248: // how long unused
      bytes.length();
      return true;
    case 247: // of a module, beside its values: its number, when to be loaded
      for (let n = 0; n < 3; n++) bytes.length();
      skipModuleParts(bytes);
      return true;
    case 245: // a function
      bytes.skipString();
      return true;
    default:
      return false;
  }
}

/** The version of the format. */
function headOf(bytes: FileBytes): number {
  const head = bytes.size < 9 ? '' : bytes.take(9).toString('latin1');
  if (!/^REDIS\d{4}$/.test(head)) {
    const packed = head.startsWith('\x1f\x8b') ? '; it is packed: gunzip it first' : '';
    throw new FaktoryError('MALFORMED', `${bytes.path} is no RDB file: those begin with REDIS${packed}`);
  }
  const version = Number(head.slice(5));
  if (version >= 1 && version <= NEWEST) return version;
  const text = `${bytes.path} has version ${version} of the RDB format, this program reads 1 to ${NEWEST}; import from the running Redis instead: faktory import redis://…`;
  throw new FaktoryError('MALFORMED', text);
}

/** Since version 5 a checksum ends the file; 0 means that Redis was told to make none. */
function checkEnd(bytes: FileBytes, version: number): void {
  if (version >= 5) {
    const sum = bytes.sum();
    const told = bytes.take(8).readBigUInt64LE();
    if (told !== 0n && told !== sum) bytes.fail('the checksum is wrong: some byte before is not what it was');
  }
  if (bytes.offset < bytes.size) bytes.fail('there is more behind the end');
}
