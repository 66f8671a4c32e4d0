/**
 * The messages between a worker and its thread or process. Plain data only, because messages are
 * copied and a class instance would arrive as a plain object.
 *
 * Note: messages of a run carry its number, because work that an ended handler left behind can
 * still log while the next job runs.
 */

import type { Job } from '@faktory-ts/protocol';
import type { Logger } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import type { ErrorCopy } from './error-copy.ts';

/** To the thread or process. */
export type Order =
  | { say: 'load'; file: string; jobtype: string }
  | { say: 'run'; run: number; job: Job; args: readonly unknown[] }
  | { say: 'abort'; run: number; reason: ErrorCopy }
  | { say: 'extended'; run: number; call: number; held?: boolean; error?: ErrorCopy };

/** From the thread or process. */
export type Report =
  | { say: 'loaded' }
  | { say: 'not loaded'; error: ErrorCopy }
  /** An uncaught error; the process ends after it. */
  | { say: 'uncaught'; message: string }
  | { say: 'log'; run: number; level: keyof Logger; message: string; fields?: Record<string, unknown> }
  | { say: 'extend'; run: number; call: number; seconds: number }
  /** Memory in bytes, measured as for `recycleAbove`. */
  | { say: 'ended'; run: number; verdict?: Outcome; error?: ErrorCopy; memory: number };
