/**
 * A handler that a test controls: it holds every job until the test ends it, and reports the first
 * one.
 */

import type { JobContext } from '../src/index.ts';

/** A handler that reports its start and ends when the test says so. */
export interface Gate {
  run: (context: JobContext) => Promise<void>;
  entered: Promise<JobContext>;
  open: () => void;
}

export function gate(): Gate {
  let open = (): void => {};
  let enter = (_context: JobContext): void => {};
  const entered = new Promise<JobContext>((resolve) => {
    enter = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const run = (context: JobContext): Promise<void> => {
    enter(context);
    return opened;
  };
  return { run, entered, open };
}
