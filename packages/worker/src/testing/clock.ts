/**
 * The clock of a test server: the wall clock plus an offset that only grows, because due times and
 * reservations are compared with earlier readings.
 *
 * Note: spans are given in milliseconds, but the server uses microseconds.
 */

import { type Duration as ClientDuration, milliseconds } from '@faktory-ts/client';
import { FaktoryError, type Micros, nowMicros } from '@faktory-ts/protocol';

/**
 * A span of time: as `in` of a push (`'15 minutes'`, `'2h'`, milliseconds), or by units, which are
 * added.
 */
export type Duration =
  | ClientDuration
  | {
      readonly days?: number;
      readonly hours?: number;
      readonly minutes?: number;
      readonly seconds?: number;
    };

export class TestClock {
  #ahead: Micros = 0;

  /** The time of the server in microseconds. */
  readonly now = (): Micros => nowMicros() + this.#ahead;

  /** Moves the clock forward by `by` microseconds. */
  move(by: Micros): void {
    this.#ahead += Math.max(0, Math.ceil(by));
  }
}

/**
 * The span in microseconds. Throws `CONFIG` for a negative or bad span, `INVALID` for a bad text.
 */
export function microsIn(span: Duration): Micros {
  const micros = (isOfClient(span) ? milliseconds(span) : millisecondsIn(span)) * 1000;
  if (micros >= 0 && Number.isSafeInteger(Math.ceil(micros))) return Math.ceil(micros);
  throw new FaktoryError(
    'CONFIG',
    "a clock moves forward: by milliseconds, a text like '2h', or { days, hours, minutes, seconds }",
  );
}

function isOfClient(span: Duration): span is ClientDuration {
  return typeof span !== 'object' || 'total' in span;
}

function millisecondsIn({
  days = 0,
  hours = 0,
  minutes = 0,
  seconds = 0,
}: Exclude<Duration, ClientDuration>): number {
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
