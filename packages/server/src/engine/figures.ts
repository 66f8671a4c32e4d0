/**
 * Figures that an engine reports about its queues, places and commits. Types only.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Histogram, Meter } from './meter.ts';
import type { StorageErrors } from './storage-errors.ts';

export interface QueueSummary {
  readonly name: string;
  readonly size: number;
  readonly paused: boolean;
}

/** A queue with the figures that the web UI shows. */
export interface QueueFigures extends QueueSummary {
  /** Ready jobs by priority: nine numbers, priority 1 first. Their sum is `size`. */
  readonly priorities: readonly number[];
  /** When the longest-waiting ready job was enqueued; undefined: none is ready. */
  readonly oldest: Micros | undefined;
}

export interface Sizes {
  readonly scheduled: number;
  readonly retries: number;
  readonly dead: number;
  readonly working: number;
  /** Ended executions, failures included, since the store was created or flushed. */
  readonly processed: number;
  readonly failures: number;
}

/** Ended executions of one UTC day; `day` is `YYYY-MM-DD`. */
export interface DayCount {
  readonly day: string;
  readonly processed: number;
  readonly failures: number;
}

/** Commits since the store was opened, and their time. */
export interface CommitFigures {
  readonly commits: number;
  /** Operations in those commits. */
  readonly operations: number;
  /** Seconds spent in commits, their syncs included. */
  readonly seconds: number;
  /** The part of `seconds` spent in syncs. */
  readonly syncSeconds: number;
  /** Seconds of one commit with its sync. */
  readonly times: Histogram;
  /** Operations in one commit. */
  readonly batches: Histogram;
}

/** What an engine counted since this process opened the store; another process counts apart. */
export interface Figures {
  commits(): CommitFigures;
  /** Counts of jobs. */
  readonly meter: Meter;
  readonly storageErrors: StorageErrors;
}
