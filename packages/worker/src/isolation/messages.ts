/*
 * What the worker and a thread or process of its say to each other. Plain data: it is copied on its way.
 * It must never carry a class instance: that arrives as a plain object. A stranger would get wrong why messages of a run carry its
 * number: a handler that ended may leave work behind, which still logs while the next job runs.
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
  /** What nobody caught; the process ends behind it. */
  | { say: 'uncaught'; message: string }
  | { say: 'log'; run: number; level: keyof Logger; message: string; fields?: Record<string, unknown> }
  | { say: 'extend'; run: number; call: number; seconds: number }
  /** Memory in bytes, as `recycleAbove` counts it. */
  | { say: 'ended'; run: number; verdict?: Outcome; error?: ErrorCopy; memory: number };
