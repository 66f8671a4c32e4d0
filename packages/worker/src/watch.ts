/*
 * `--watch`: runs the program as a child, and anew whenever its code changes.
 * It must never load the user's code itself: a module once imported stays as it was, so only a new process sees the change. A
 * stranger would get wrong that a child that ended with an error is no end: the next change may mend it.
 */

import type { ChildProcess } from 'node:child_process';
import type { SignalSource } from './signals.ts';
import { FileWatch } from './watch-files.ts';

/** What a watched child tells its parent, over its channel. */
export interface WatchedMessage {
  /** Folders with its code. */
  folders: string[];
}

/** What is needed to run a child again and again. */
export interface WatchOptions {
  /** Starts the program, with a channel. */
  start: () => ChildProcess;
  /** Watched from the beginning; the child tells of others. */
  folders: readonly string[];
  signals: SignalSource;
  say: (message: string) => void;
}

const passedOn = ['SIGTSTP', 'SIGTTIN'] as const;

/** Runs until a signal, or until the child ended well by itself. Gives the exit code. */
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
      // Handlers may use the channel too.
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
      this.#state = 'restarting'; // until it has ended: a second TERM would cut its jobs short
      this.#child.kill('SIGTERM');
    }
  }

  #ended(code: number | null, how: string): void {
    if (this.#child === undefined) return;
    this.#child = undefined;
    if (this.#state === 'restarting') this.#start();
    // Without a code it was killed, by the very signal, before it listened.
    else if (this.#state === 'ending') this.#leave(code ?? 0);
    else if (code === 0) this.#leave(0);
    else this.#options.say(`${how}; waiting for a change`);
  }

  #end(signal: NodeJS.Signals): void {
    this.#state = 'ending';
    if (this.#child === undefined) this.#leave(0);
    // Windows sends Ctrl-C to all processes of a console itself, and kill() would be an end without notice.
    else if (process.platform !== 'win32' || signal !== 'SIGINT') this.#child.kill(signal);
  }

  #leave(code: number): void {
    const { signals } = this.#options;
    for (const [signal, listener] of this.#listeners) signals.off(signal, listener);
    this.#files.stop();
    this.#finish(code);
  }
}
