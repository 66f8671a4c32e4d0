/**
 * The meaning of signals. The process is ended by the callbacks `stop` and `abandon`, not here.
 *
 * Note: one Ctrl-C can arrive twice, because the terminal signals the whole process group, and npm
 * and other parents pass the signal on. So a repetition within half a second is the same request.
 */
import type { EventEmitter } from 'node:events';

export interface Reactions {
  /** TERM, INT: stop cleanly. Called once. */
  stop(signal: NodeJS.Signals): void;
  /** TERM, INT again: end now. */
  abandon(signal: NodeJS.Signals): void;
  /** HUP. */
  reload(): void;
  /** TTIN. */
  dump(): void;
}

const echo = 500; // ms

/** Listens on `source`, usually `process`. `now` is a clock in milliseconds. */
export function onSignals(source: EventEmitter, reactions: Reactions, now = () => performance.now()): void {
  let stoppingSince: number | undefined;
  const end = (signal: NodeJS.Signals): void => {
    if (stoppingSince === undefined) {
      stoppingSince = now();
      reactions.stop(signal);
    } else if (now() - stoppingSince > echo) {
      reactions.abandon(signal);
    }
  };
  source.on('SIGTERM', end);
  source.on('SIGINT', end);
  source.on('SIGHUP', () => reactions.reload());
  source.on('SIGTTIN', () => reactions.dump());
}
