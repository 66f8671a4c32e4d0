/*
 * What the signals of the operating system mean to a worker: TERM and INT stop it, TSTP makes it quiet, TTIN tells what it is at.
 * It must never end the process itself. A stranger would get wrong that the second TERM or INT is no different: Worker.stop()
 * called again means "now".
 */

import { dump } from './dump.ts';
import type { Logger } from './log.ts';
import type { RunningJob } from './slots.ts';

/** Where signals come from: `process`, or an EventEmitter in a test. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** What the signals act on. */
export interface Stoppable {
  readonly running: readonly RunningJob[];
  quiet(): void;
  stop(): Promise<void>;
}

/** Listens until the returned function is called. Windows has neither TSTP nor TTIN. */
export function obeySignals(worker: Stoppable, source: SignalSource, log: Logger): () => void {
  const listeners = new Map<NodeJS.Signals, () => void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    listeners.set(signal, () => {
      log.info(`${signal}: stopping; once more to stop at once`);
      void worker.stop();
    });
  }
  if (process.platform !== 'win32') {
    listeners.set('SIGTSTP', () => worker.quiet());
    listeners.set('SIGTTIN', () => dump(worker.running, log));
  }
  for (const [signal, listener] of listeners) source.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) source.off(signal, listener);
  };
}
