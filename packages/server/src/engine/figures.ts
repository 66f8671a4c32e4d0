/**
 * Figures that an engine reports of its queues, its places and its commits. Types only; `Engine` has the promises.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Histogram } from './meter.ts';

export interface QueueSummary {
  readonly name: string;
  readonly size: number;
  readonly paused: boolean;
}

/** A queue with what a page shows of it. */
export interface QueueFigures extends QueueSummary {
  /** Ready jobs by priority: nine numbers, that of priority 1 first. Their sum is the size. */
  readonly priorities: readonly number[];
  /** When the longest-waiting ready job was enqueued; undefined means none is ready. */
  readonly oldest: Micros | undefined;
}

export interface Sizes {
  readonly scheduled: number;
  readonly retries: number;
  readonly dead: number;
  readonly working: number;
  /** Executions ended, good and bad, since the store was made or flushed. */
  readonly processed: number;
  readonly failures: number;
}

/** One UTC day's executions; `day` is `YYYY-MM-DD`. */
export interface DayCount {
  readonly day: string;
  readonly processed: number;
  readonly failures: number;
}

/** What committing cost since the store was opened. */
export interface CommitFigures {
  readonly commits: number;
  /** Operations in those commits. */
  readonly operations: number;
  /** Spent in committing and syncing. */
  readonly seconds: number;
  /** Of them in syncing. */
  readonly syncSeconds: number;
  /** Seconds of a commit with its sync. */
  readonly times: Histogram;
  /** Operations in a commit. */
  readonly batches: Histogram;
}
