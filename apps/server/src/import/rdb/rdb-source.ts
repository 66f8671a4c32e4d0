/**
 * An RDB file as a source. It is read twice: first completely, for its checksum and the places of
 * the values, then value by value.
 *
 * Note: lists are read from their end, so the first pass notes an offset every 64 KiB; only the
 * part between two offsets is ever in memory.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FaktoryError } from '@faktory-ts/protocol';
import type { OnKey, Scored, Source } from '../source.ts';
import { FileBytes } from './file-bytes.ts';
import { type Form, formOf, skipModuleParts } from './values.ts';

/** Redis 7.4 and 8 write version 12; their types beyond 7.2 are refused. */
const NEWEST = 12;
const PIECE = 64 * 1024; // bytes of the file

/** The place of some items of a value. */
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
   * @param database number of the database in the file
   * @param name name for messages, when the path is not helpful
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

  async unchanged(): Promise<void> {} // an open file never changes, even when Redis writes a new one

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
        const name = bytes.string().toString('utf8', 0, 1000); // Faktory's names are short
        const keep = database === this.#database && onKey(name, form.kind);
        if (database !== this.#database) others.set(database, (others.get(database) ?? 0) + 1);
        const pieces = await this.#pass(form, keep);
        if (keep) values.set(name, { form, pieces });
      }
    }
    checkEnd(bytes, version);
    for (const [number, count] of others) {
      this.asides.push(
        `database ${number}, with ${count} keys, is ignored; use --database ${number} to import it`,
      );
    }
  }

  /** Reads over a value, and notes the places of its items. */
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

  /** Lets the event loop handle Ctrl-C. */
  async #breathe(): Promise<void> {
    await nextTurn();
    if (this.#signal.aborted) throw new FaktoryError('ABORTED', 'cancelled');
  }
}

/** Type bytes that are no types of values. */
const op = { database: 254, end: 255 } as const;

/** Skips parts of the file that are not needed; returns false for the type of a value. */
function skipBeside(type: number, bytes: FileBytes): boolean {
  switch (type) {
    case 253: // expires, in seconds
      bytes.skip(4);
      return true;
    case 252: // expires, in milliseconds
      bytes.skip(8);
      return true;
    case 251: // number of keys, number of keys that expire
      bytes.length();
      bytes.length();
      return true;
    case 250: // metadata of the file: name and value
      bytes.skipString();
      bytes.skipString();
      return true;
    case 249: // frequency of use
      bytes.skip(1);
      return true;
    case 248: // idle time
      bytes.length();
      return true;
    case 247: // data of a module outside values: id, when to load it
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

/** Reads the version of the format. */
function headOf(bytes: FileBytes): number {
  const head = bytes.size < 9 ? '' : bytes.take(9).toString('latin1');
  if (!/^REDIS\d{4}$/.test(head)) {
    const packed = head.startsWith('\x1f\x8b') ? '; it is compressed: gunzip it first' : '';
    throw new FaktoryError('MALFORMED', `${bytes.path} is not an RDB file, which begins with REDIS${packed}`);
  }
  const version = Number(head.slice(5));
  if (version >= 1 && version <= NEWEST) return version;
  const text = `${bytes.path} has version ${version} of the RDB format, this program reads 1 to ${NEWEST}; import from the running Redis instead: faktory import redis://…`;
  throw new FaktoryError('MALFORMED', text);
}

/**
 * Checks the end. Since version 5 it is a checksum; 0 means that Redis was configured to write
 * none.
 */
function checkEnd(bytes: FileBytes, version: number): void {
  if (version >= 5) {
    const sum = bytes.sum();
    const told = bytes.take(8).readBigUInt64LE();
    if (told !== 0n && told !== sum) bytes.fail('the checksum is wrong: some byte before it has changed');
  }
  if (bytes.offset < bytes.size) bytes.fail('there are bytes after the end');
}
