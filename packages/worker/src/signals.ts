/*
 * What the signals of the operating system mean to a worker: TERM and INT stop it, TSTP makes it quiet.
 * It must never end the process itself. A stranger would get wrong that the second TERM or INT is no different: Worker.stop()
 * called again means "now".
 */

import type { Logger } from './log.ts';

/** Where signals come from: `process`, or an EventEmitter in a test. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** What the signals act on. */
export interface Stoppable {
  quiet(): void;
  stop(): Promise<void>;
}

/** Listens until the returned function is called. Windows has no TSTP. */
export function obeySignals(worker: Stoppable, source: SignalSource, log: Logger): () => void {
  const listeners = new Map<NodeJS.Signals, () => void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    listeners.set(signal, () => {
      log.info(`${signal}: stopping; once more to stop at once`);
      void worker.stop();
    });
  }
  if (process.platform !== 'win32') listeners.set('SIGTSTP', () => worker.quiet());
  for (const [signal, listener] of listeners) source.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) source.off(signal, listener);
  };
}
