/**
 * Detects that a file which the running store has open was deleted or replaced.
 *
 * Note: the system keeps an open file without its name. So after a deletion commits would still
 * succeed, and all jobs would be lost at the stop.
 */
import { stat } from 'node:fs/promises';
import { identityOf as identityNow } from './existing.ts';

/**
 * Returns which file a path refers to now; undefined: none. Rejects when the system cannot tell.
 */
type Identify = (path: string) => Promise<string | undefined>;

export class OpenedFiles {
  readonly #opened: ReadonlyMap<string, string | undefined>;
  readonly #identify: Identify;

  /** Records the files as they are now. */
  constructor(paths: readonly string[], identify: Identify = identityOf) {
    this.#identify = identify;
    this.#opened = new Map(paths.map((path) => [path, identityNow(path)]));
  }

  /** Returns which file this path referred to when the store was opened. */
  identity(path: string): string | undefined {
    return this.#opened.get(path);
  }

  /** Returns the first path that no longer refers to its file; undefined: all still do. */
  async lost(): Promise<string | undefined> {
    for (const [path, opened] of this.#opened) {
      if (opened === undefined) continue;
      try {
        if ((await this.#identify(path)) !== opened) return path;
      } catch {
        // An unreadable folder does not mean that the file is lost.
      }
    }
    return undefined;
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path);
    return `${dev} ${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
