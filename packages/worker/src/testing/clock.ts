/*
 * The clock of a test server: the wall clock, so much ahead.
 * It must never go back: due times and reservations are compared with what was read before. A stranger would get wrong the units:
 * milliseconds for who calls, microseconds for the server.
 */

import { type Duration as ClientDuration, milliseconds } from '@faktory-ts/client';
import { FaktoryError, type Micros, nowMicros } from '@faktory-ts/protocol';

/** A span of time: what `in` of a push takes (`'15 minutes'`, `'2h'`, milliseconds), or by units; what is named together is added. */
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

  /** What the server takes for the time. */
  readonly now = (): Micros => nowMicros() + this.#ahead;

  /** Sets the clock forward by so many microseconds. */
  move(by: Micros): void {
    this.#ahead += Math.max(0, Math.ceil(by));
  }
}

/** The span in microseconds. Throws `CONFIG` for one that is none, `INVALID` for a text that is none. */
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
