/**
 * Reports changes of code in folders and below them. Skips node_modules, because on Linux every
 * folder needs a watch, whose number is limited.
 *
 * Note: Node's own `recursive` option is not used, because it walks into node_modules before
 * anything can be skipped.
 */

import { type FSWatcher, statSync, watch } from 'node:fs';
import path from 'node:path';
import { codeFiles, foldersIn, isPassedOver } from './code-files.ts';

const settle = 100; // ms without a change: editors and compilers write a file in several steps
const watched = /\.([mc]?[jt]s|[jt]sx|json)$/;

/** Events of a watch. */
export interface WatchEvents {
  /** Called once for changes that come together, with the first file that changed. */
  changed(file: string): void;
  /** A folder cannot be watched; the message says why. */
  trouble(message: string): void;
}

export class FileWatch {
  readonly #events: WatchEvents;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #first: string | undefined;

  constructor(events: WatchEvents) {
    this.#events = events;
  }

  /** Watches these folders too, and all below them. */
  add(folders: readonly string[]): void {
    for (const folder of folders.flatMap((one) => foldersIn(path.resolve(one)))) this.#watch(folder);
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, (event, name) => this.#seen(event, folder, name));
      this.#watchers.set(folder, watcher);
      watcher.on('error', () => this.#forget(folder)); // on Windows: the folder was removed
    } catch (error) {
      this.#events.trouble(`cannot watch ${folder}: ${(error as Error).message}`);
    }
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #seen(event: string, folder: string, name: string | null): void {
    if (name === null || isPassedOver(name)) return;
    const place = path.join(folder, name);
    if (watched.test(name)) this.#changed(place);
    else if (event === 'rename') this.#look(place);
  }

  /** Handles a folder that was created, removed or replaced. */
  #look(place: string): void {
    for (const folder of this.#watchers.keys()) {
      if (folder === place || folder.startsWith(place + path.sep)) this.#forget(folder);
    }
    if (!isFolder(place)) return;
    this.add([place]);
    const [code] = codeFiles(place); // it may have been filled before it was watched
    if (code !== undefined) this.#changed(code);
  }

  #changed(file: string): void {
    this.#first ??= file;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const first = this.#first ?? file;
      this.#first = undefined;
      this.#events.changed(first);
    }, settle);
  }
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}
