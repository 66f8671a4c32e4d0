/**
 * Builds the stored list of a job's failed executions: the first one and the newest few, as JSON
 * text. The commit that stores the failure stores it too.
 *
 * The list has at most 32 KiB, because each failure reads and writes it. If it is too long, first
 * backtraces are dropped, the oldest first. Then attempts are dropped from the second one on, the
 * first one last. The newest attempt always stays; at the end its backtrace is cut.
 */
import { type Attempt, formatTime, type Micros, wellFormed } from '@faktory-ts/protocol';
import type { Reservation } from '../engine/engine.ts';

/** The error that the worker reported. */
interface AttemptError {
  readonly errtype: string;
  readonly message: string;
  readonly backtrace: readonly string[];
}

const MOST_BYTES = 32 * 1024;

/** Adds the attempt that just failed; undefined: attempts are not stored. */
export function nextAttempts(
  held: Reservation,
  { errtype, message, backtrace }: AttemptError,
  n: number,
  now: Micros,
  most: number,
): string | undefined {
  if (most === 0) return undefined;
  const attempt: Attempt = {
    n,
    started_at: formatTime(Math.min(held.takenAt, now)), // the clock may have been set back
    ended_at: formatTime(now),
    wid: wellFormed(held.wid),
    errtype: wellFormed(errtype),
    message: wellFormed(message),
    ...(backtrace.length > 0 && { backtrace: backtrace.map(wellFormed) }),
  };
  const before = held.attempts === undefined ? [] : (JSON.parse(held.attempts) as Attempt[]);
  return fitting([...before, attempt], most);
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value)) + 1; // the comma after it

/** Measures each part only once: texts may be long, and other jobs wait meanwhile. */
function fitting(attempts: Attempt[], most: number): string {
  while (attempts.length > most) attempts.splice(most === 1 ? 0 : 1, 1);
  const sizes = attempts.map(bytesOf);
  let excess = sizes.reduce((sum, size) => sum + size, 1) - MOST_BYTES;
  for (let index = 0; excess > 0 && index < attempts.length - 1; index++) {
    const { backtrace, ...rest } = attempts[index] as Attempt;
    if (backtrace === undefined) continue;
    const size = bytesOf(rest);
    excess -= (sizes[index] ?? 0) - size;
    attempts[index] = rest;
    sizes[index] = size;
  }
  while (excess > 0 && attempts.length > 1) {
    const at = attempts.length > 2 ? 1 : 0;
    attempts.splice(at, 1);
    excess -= sizes.splice(at, 1)[0] ?? 0;
  }
  const [newest] = attempts;
  while (excess > 0 && newest?.backtrace?.length) excess -= bytesOf(newest.backtrace.pop());
  if (newest?.backtrace?.length === 0) delete newest.backtrace;
  return JSON.stringify(attempts);
}
