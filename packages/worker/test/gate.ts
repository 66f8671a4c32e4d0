/*
 * A handler under the control of a test.
 * It must never end by itself. A stranger would get wrong that it holds every job it is given, and tells of the first one.
 */

import type { JobContext } from '../src/index.ts';

/** A handler that tells when it runs and ends when it is told to. */
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
