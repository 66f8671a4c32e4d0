/**
 * Notices when the process has no free file descriptor: it opens one each second.
 *
 * Note: the server gets no error then, because the operating system closes new connections before
 * they reach it.
 */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import type { Logger } from '../log.ts';

const EVERY = 1000; // ms
const QUIET = 60_000; // ms between two log lines
const NONE_LEFT = new Set(['EMFILE', 'ENFILE']);

export class DescriptorWatch {
  readonly #log: Logger;
  readonly #open: () => void;
  #exhausted = false;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** @param open opens and closes a descriptor; throws the error of the system */
  constructor(log: Logger, open: () => void = () => closeSync(openSync(devNull, 'r'))) {
    this.#log = log;
    this.#open = open;
  }

  /** Whether no descriptor was free at the last check. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  start(): void {
    this.#timer = setInterval(() => this.check(), EVERY);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  check(): void {
    const before = this.#exhausted;
    try {
      this.#open();
      this.#exhausted = false;
    } catch (error) {
      this.#exhausted = NONE_LEFT.has((error as NodeJS.ErrnoException).code ?? '');
    }
    if (this.#exhausted) this.#logExhausted();
    else if (before) this.#log.info('file descriptors are free again: new connections are accepted');
  }

  #logExhausted(): void {
    if (performance.now() - this.#loggedAt < QUIET) return;
    this.#loggedAt = performance.now();
    this.#log.error(
      'no file descriptor is free, so new connections are closed; raise the limit (LimitNOFILE, ulimit -n) or lower max-connections',
    );
  }
}
