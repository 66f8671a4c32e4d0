/**
 * The files that a running store has open, by what they were when it opened them. The system keeps an open file alive without its name,
 * so after a deletion every commit would go on to succeed, and all jobs would be gone at the stop.
 */
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Which file a name means now. Undefined: none. Rejects where the system cannot say. */
type Identify = (path: string) => Promise<string | undefined>;

export class OpenedFiles {
  readonly #opened: ReadonlyMap<string, string | undefined>;
  readonly #identify: Identify;

  /** Takes the files as they are now. */
  constructor(paths: readonly string[], identify: Identify = identityOf) {
    this.#identify = identify;
    this.#opened = new Map(paths.map((path) => [path, nameOf(statSync(path, { throwIfNoEntry: false }))]));
  }

  /** The first that is not what it was; undefined: all are. */
  async lost(): Promise<string | undefined> {
    for (const [path, opened] of this.#opened) {
      if (opened === undefined) continue;
      try {
        if ((await this.#identify(path)) !== opened) return path;
      } catch {
        // A folder that cannot be looked at just now says nothing about the file.
      }
    }
    return undefined;
  }
}

const nameOf = (file: { dev: number; ino: number } | undefined): string | undefined =>
  file && `${file.dev} ${file.ino}`;

async function identityOf(path: string): Promise<string | undefined> {
  try {
    return nameOf(await stat(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
