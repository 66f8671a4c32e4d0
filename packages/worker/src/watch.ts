/**
 * `--watch`: runs the program as a child process, and restarts it when its code changes. A new
 * process is needed because an imported module never changes.
 *
 * Note: a child that ended with an error does not end the watch, because the next change may fix
 * it.
 */

import type { ChildProcess } from 'node:child_process';
import type { SignalSource } from './signals.ts';
import { FileWatch } from './watch-files.ts';

/** Message from a watched child to its parent. */
export interface WatchedMessage {
  /** Folders with the child's code. */
  folders: string[];
}

/** Options of a watch. */
export interface WatchOptions {
  /** Starts the program with a channel. */
  start: () => ChildProcess;
  /** Watched from the beginning; the child reports others. */
  folders: readonly string[];
  signals: SignalSource;
  say: (message: string) => void;
}

const passedOn = ['SIGTSTP', 'SIGTTIN'] as const;

/** Runs until a signal, or until the child has ended with code 0. Returns the exit code. */
export function runWatched(options: WatchOptions): Promise<number> {
  return new Promise((resolve) => new Watched(options, resolve).run());
}

class Watched {
  readonly #options: WatchOptions;
  readonly #files: FileWatch;
  readonly #finish: (code: number) => void;
  readonly #listeners = new Map<NodeJS.Signals, () => void>();
  #child: ChildProcess | undefined;
  #state: 'running' | 'restarting' | 'ending' = 'running';

  constructor(options: WatchOptions, finish: (code: number) => void) {
    this.#options = options;
    this.#finish = finish;
    this.#files = new FileWatch({
      changed: (file) => this.#changed(file),
      trouble: options.say,
    });
  }

  run(): void {
    const { folders, signals } = this.#options;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) this.#listeners.set(signal, () => this.#end(signal));
    if (process.platform !== 'win32') {
      for (const signal of passedOn) this.#listeners.set(signal, () => void this.#child?.kill(signal));
    }
    for (const [signal, listener] of this.#listeners) signals.on(signal, listener);
    this.#files.add(folders);
    this.#start();
  }

  #start(): void {
    this.#state = 'running';
    const child = this.#options.start();
    this.#child = child;
    child.on('message', (message: Partial<WatchedMessage> | null) => {
      // Handlers may use the channel for their own messages.
      if (Array.isArray(message?.folders)) this.#files.add(message.folders);
    });
    child.once('error', (error) => this.#ended(1, `cannot start: ${error.message}`));
    child.once('exit', (code, signal) => this.#ended(code, `ended by ${signal ?? `code ${code}`}`));
  }

  #changed(file: string): void {
    if (this.#state === 'ending') return;
    this.#options.say(`${file} changed`);
    if (this.#child === undefined) this.#start();
    else if (this.#state === 'running') {
      this.#state = 'restarting'; // a second TERM before its end would abort its jobs
      this.#child.kill('SIGTERM');
    }
  }

  #ended(code: number | null, how: string): void {
    if (this.#child === undefined) return;
    this.#child = undefined;
    if (this.#state === 'restarting') this.#start();
    // No code: the signal killed the child before it listened for it.
    else if (this.#state === 'ending') this.#leave(code ?? 0);
    else if (code === 0) this.#leave(0);
    else this.#options.say(`${how}; waiting for a change`);
  }

  #end(signal: NodeJS.Signals): void {
    this.#state = 'ending';
    if (this.#child === undefined) this.#leave(0);
    // Windows sends Ctrl-C to all processes of a console, and kill() would end the child without
    // notice.
    else if (process.platform !== 'win32' || signal !== 'SIGINT') this.#child.kill(signal);
  }

  #leave(code: number): void {
    const { signals } = this.#options;
    for (const [signal, listener] of this.#listeners) signals.off(signal, listener);
    this.#files.stop();
    this.#finish(code);
  }
}
