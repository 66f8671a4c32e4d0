/**
 * The spool's file: lines are appended and synced, read from the front in order, and removed when
 * they are answered. A line is confirmed only after its sync.
 *
 * Note: nothing is changed in place. A later record says what was answered, and from time to time
 * the rest moves to a new file of the same name.
 */

import { type FileHandle, open, rename } from 'node:fs/promises';
import { FaktoryError, newJid } from '@faktory-ts/protocol';
import { failed, opened, readAt, syncFolder, writeAt } from './disk.ts';
import { takeLock } from './lock.ts';
import { type PlacedRecord, readRecord, recordText, type SpooledLine, type SpoolHead } from './record.ts';

/** A line that waits in the file, with its number among the producer's lines. */
export interface WaitingLine extends Pick<SpooledLine, 'jobs' | 'text'> {
  number: number;
}

interface Place {
  offset: number;
  length: number;
  jobs: number;
}

interface Append {
  text: string;
  place: Place;
  resolve(): void;
  reject(error: FaktoryError): void;
}

const worthMoving = 1024 * 1024; // bytes of answered lines

export class SpoolFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #unlock: () => void;
  readonly #handle: Promise<FileHandle>;
  #file: FileHandle | undefined;
  #head: SpoolHead;
  /** Waiting lines, synced. The first has the number after `answered`. */
  #places: Place[] = [];
  #end: number;
  #jobs = 0;
  #bytes = 0;
  #appends: Append[] = [];
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * Opens or creates the file and takes its lock.
   *
   * @throws FaktoryError `LOCKED`, or `STORAGE` for a file that cannot be read or written, or is
   * damaged.
   */
  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#unlock = takeLock(`${path}.lock`);
    try {
      const { head, records, end } = opened(path);
      this.#head = head;
      this.#end = end;
      this.#load(records);
    } catch (error) {
      this.#unlock();
      throw failed(path, error);
    }
    this.#handle = open(path, 'r+');
    this.#handle.catch(() => undefined); // the first operation that uses it sees the error
  }

  /** The producer's name, and how many of its lines are answered. */
  get head(): Readonly<SpoolHead> {
    return this.#head;
  }

  /** Number of waiting jobs, including those that are being written. */
  get jobs(): number {
    return this.#jobs;
  }

  /** Number of waiting lines that are synced. */
  get lines(): number {
    return this.#places.length;
  }

  /**
   * Resolves when the line is on disk. Lines of the same moment share a sync.
   *
   * @throws FaktoryError `LIMIT` when the file would exceed its maximum; `STORAGE`.
   */
  append(line: SpooledLine): Promise<void> {
    const text = recordText({ kind: 'line', line });
    const place = { offset: 0, length: Buffer.byteLength(text), jobs: line.jobs };
    if (this.#bytes + place.length > this.#maxBytes) {
      const why = `the spool is full: ${this.#jobs} jobs wait for the server in ${this.#path}, ${this.#maxBytes} bytes are allowed`;
      return Promise.reject(new FaktoryError('LIMIT', why));
    }
    this.#jobs += line.jobs;
    this.#bytes += place.length;
    return new Promise((resolve, reject) => {
      this.#appends.push({ text, place, resolve, reject });
      if (this.#appends.length === 1) void this.#run(() => this.#writeAppends());
    });
  }

  /** The first waiting lines: up to `count`, and up to `bytes` but at least one. */
  next(count: number, bytes: number): Promise<WaitingLine[]> {
    return this.#run(async (file) => {
      let many = 0;
      for (let sum = 0; many < Math.min(count, this.#places.length); many++) {
        sum += this.#places[many]?.length ?? 0;
        if (many > 0 && sum > bytes) break;
      }
      const first = this.#places[0];
      const last = this.#places[many - 1];
      if (first === undefined || last === undefined) return [];
      const all = await readAt(file, first.offset, last.offset + last.length - first.offset);
      return this.#places.slice(0, many).map(({ offset, length }, index) => {
        const record = readRecord(all.subarray(offset - first.offset, offset - first.offset + length - 1));
        if (record?.kind !== 'line')
          throw new FaktoryError('STORAGE', `${this.#path} was changed by another program`);
        const { jobs, text } = record.line;
        return { jobs, text, number: this.#head.answered + index + 1 };
      });
    });
  }

  /**
   * Removes the lines up to this number; `parts`, which hold some of their jobs, are appended. One
   * synced write, all or nothing.
   */
  done(upTo: number, parts: readonly SpooledLine[] = []): Promise<void> {
    return this.#run(async (file) => {
      const records = parts.map(({ jobs, text }) => ({
        jobs,
        text: recordText({ kind: 'line', line: { jobs, text, part: true } }),
      }));
      let offset = this.#end;
      await this.#write(file, records.map(({ text }) => text).join('') + recordText({ kind: 'done', upTo }));
      this.#strike(upTo);
      for (const { jobs, text } of records) {
        const length = Buffer.byteLength(text);
        this.#wait({ offset, length, jobs });
        offset += length;
      }
      const dead = this.#end - this.#bytes;
      if (this.#places.length === 0 || (dead > worthMoving && dead > this.#bytes))
        await this.#move(this.#head);
    });
  }

  /**
   * All waiting lines get a new producer, whose count begins with them, because it is unknown how
   * far the server counted for the old one.
   */
  renew(): Promise<void> {
    return this.#run(() => this.#move({ v: 1, producer: newJid(), answered: 0 }));
  }

  /** Writes the appended lines first. */
  async close(): Promise<void> {
    try {
      await this.#run((file) => file.close());
    } finally {
      this.#unlock();
    }
  }

  #load(records: readonly PlacedRecord[]): void {
    const parts: Place[] = [];
    for (const { record, offset, length } of records) {
      if (record.kind === 'done') {
        this.#strike(record.upTo);
        for (const part of parts.splice(0)) this.#wait(part);
      }
      if (record.kind !== 'line') continue;
      const place = { offset, length, jobs: record.line.jobs };
      if (record.line.part) parts.push(place);
      else this.#wait(place);
    }
  }

  #wait(place: Place): void {
    this.#places.push(place);
    this.#jobs += place.jobs;
    this.#bytes += place.length;
  }

  #strike(upTo: number): void {
    for (const { jobs, length } of this.#places.splice(0, upTo - this.#head.answered)) {
      this.#jobs -= jobs;
      this.#bytes -= length;
    }
    this.#head = { ...this.#head, answered: upTo };
  }

  /** Runs one operation on the file at a time. */
  #run<Result>(operate: (file: FileHandle) => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(async () => {
      try {
        this.#file ??= await this.#handle;
        return await operate(this.#file);
      } catch (error) {
        throw failed(this.#path, error);
      }
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #writeAppends(): Promise<void> {
    const appends = this.#appends;
    this.#appends = [];
    const start = this.#end;
    try {
      await this.#write(this.#file as FileHandle, appends.map(({ text }) => text).join(''));
    } catch (error) {
      for (const { place, reject } of appends) {
        this.#jobs -= place.jobs;
        this.#bytes -= place.length;
        reject(failed(this.#path, error));
      }
      return;
    }
    let offset = start;
    for (const { place, resolve } of appends) {
      place.offset = offset;
      offset += place.length;
      this.#places.push(place);
      resolve();
    }
  }

  async #write(file: FileHandle, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    try {
      await writeAt(file, this.#end, bytes);
      await file.datasync();
    } catch (error) {
      // A partial write must not stay: the next write begins at the same position and may be
      // shorter.
      await file.truncate(this.#end).catch(() => undefined);
      throw error;
    }
    this.#end += bytes.length;
  }

  /** Writes this head and the waiting lines to a new file, which takes the old one's name. */
  async #move(head: SpoolHead): Promise<void> {
    const old = this.#file as FileHandle;
    const moved = await open(`${this.#path}.new`, 'w+');
    const places: Place[] = [];
    let end = 0;
    const add = async (bytes: Buffer, jobs?: number): Promise<void> => {
      await writeAt(moved, end, bytes);
      if (jobs !== undefined) places.push({ offset: end, length: bytes.length, jobs });
      end += bytes.length;
    };
    try {
      await add(Buffer.from(recordText({ kind: 'head', head })));
      for (const { offset, length, jobs } of this.#places)
        await add(plain(await readAt(old, offset, length)), jobs);
      await moved.sync();
      await rename(`${this.#path}.new`, this.#path);
    } catch (error) {
      await moved.close();
      throw error;
    }
    syncFolder(this.#path);
    this.#file = moved;
    this.#head = head;
    // Lines that are being appended are already counted, and are in neither list.
    this.#bytes += size(places) - size(this.#places);
    this.#places = places;
    this.#end = end;
    await old.close();
  }
}

/** A part as a normal line, which moves without its `done`. */
function plain(bytes: Buffer): Buffer {
  const record = readRecord(bytes.subarray(0, -1));
  if (record?.kind !== 'line' || !record.line.part) return bytes;
  return Buffer.from(recordText({ kind: 'line', line: { ...record.line, part: false } }));
}

function size(places: readonly Place[]): number {
  return places.reduce((total, { length }) => total + length, 0);
}
