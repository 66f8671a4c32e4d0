/**
 * Detects that a file which the running store has open was deleted or replaced.
 *
 * Note: the system keeps an open file without its name. So after a deletion commits would still
 * succeed, and all jobs would be lost at the stop.
 */
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

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
    this.#opened = new Map(paths.map((path) => [path, idOf(statSync(path, { throwIfNoEntry: false }))]));
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

const idOf = (file: { dev: number; ino: number } | undefined): string | undefined =>
  file && `${file.dev} ${file.ino}`;

async function identityOf(path: string): Promise<string | undefined> {
  try {
    return idOf(await stat(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
