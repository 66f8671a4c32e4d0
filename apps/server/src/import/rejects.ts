/**
 * Counts jobs that cannot be imported by reason, and writes them with their text to a file, so that
 * none is lost silently. The file is made with the first such job. `settle` puts it on disk before
 * the last line of the import is loaded.
 */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';

const MOST_REASONS = 10;

export class Rejects {
  readonly reasons = new Map<string, number>();
  count = 0;
  readonly #path: string | undefined;
  #fd: number | undefined;

  /** @param path the file; undefined: only count. */
  constructor(path?: string) {
    this.#path = path;
  }

  /** The file, if one was made. */
  get path(): string | undefined {
    return this.#fd === undefined ? undefined : this.#path;
  }

  /** Adds a job; `where` is the key of the Redis that has it. */
  add(where: string, bytes: Buffer, error: FaktoryError, score?: number): void {
    this.count++;
    const known = this.reasons.has(error.message) || this.reasons.size < MOST_REASONS;
    const reason = known ? error.message : 'other reasons';
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    if (this.#path === undefined) return;
    const text = String(bytes);
    // Bytes that are no text are stored exactly too.
    const exact = bytes.equals(Buffer.from(text)) ? {} : { base64: bytes.toString('base64') };
    const timed = score === undefined ? {} : { score: String(score) };
    this.#write(`${JSON.stringify({ key: where, reason: error.message, ...timed, text, ...exact })}\n`);
  }

  /** Puts all added jobs on disk. */
  settle(): void {
    if (this.#fd !== undefined) this.#try((fd) => fsyncSync(fd));
  }

  /** `keep` false: nothing was imported, so the file is deleted. */
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
