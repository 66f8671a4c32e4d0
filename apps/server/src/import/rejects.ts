/*
 * Jobs that cannot be imported: counted by reason, and written to a file with their text, so that none is lost silently. The file is made
 * with the first of them. It must be on disk before the import is: `settle` comes before the last line that is loaded.
 */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';

const MOST_REASONS = 10;

export class Rejects {
  readonly reasons = new Map<string, number>();
  count = 0;
  readonly #path: string | undefined;
  #fd: number | undefined;

  /** @param path where they are written; undefined: only counted. */
  constructor(path?: string) {
    this.#path = path;
  }

  /** The file, if there is one. */
  get path(): string | undefined {
    return this.#fd === undefined ? undefined : this.#path;
  }

  /** `where` is the key it was found in. */
  add(where: string, bytes: Buffer, error: FaktoryError, score?: number): void {
    this.count++;
    const known = this.reasons.has(error.message) || this.reasons.size < MOST_REASONS;
    const reason = known ? error.message : 'other reasons';
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    if (this.#path === undefined) return;
    const text = String(bytes);
    // What is no text at all is kept exactly too.
    const exact = bytes.equals(Buffer.from(text)) ? {} : { base64: bytes.toString('base64') };
    const timed = score === undefined ? {} : { score: String(score) };
    this.#write(`${JSON.stringify({ key: where, reason: error.message, ...timed, text, ...exact })}\n`);
  }

  /** All that was added is on disk. */
  settle(): void {
    if (this.#fd !== undefined) this.#try((fd) => fsyncSync(fd));
  }

  /** `keep` false: nothing was imported, so nothing was rejected. */
  close(keep: boolean): void {
    if (this.#fd === undefined || this.#path === undefined) return;
    closeSync(this.#fd);
    if (!keep) rmSync(this.#path, { force: true });
  }

  #write(line: string): void {
    this.#try((fd) => writeSync(fd, line));
  }

  #try(act: (fd: number) => void): void {
    try {
      this.#fd ??= openSync(this.#path ?? '', 'wx', 0o600);
      act(this.#fd);
    } catch (cause) {
      const text = `jobs that cannot be imported cannot be written to ${this.#path}: ${(cause as Error).message}`;
      throw new FaktoryError('STORAGE', text, { cause });
    }
  }
}
