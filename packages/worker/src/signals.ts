/**
 * The signals of the operating system for a worker: TERM and INT stop it, TSTP makes it quiet, TTIN
 * logs its running jobs. The process is not ended here.
 *
 * Note: a second TERM or INT is handled like the first, because a second call of Worker.stop()
 * means "now".
 */

import { dump } from './dump.ts';
import type { Logger } from './log.ts';
import type { RunningJob } from './slots.ts';

/** Source of signals: `process`, or an EventEmitter in a test. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** The worker that the signals control. */
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
      log.info(`${signal}: stopping; send it again to stop at once`);
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
