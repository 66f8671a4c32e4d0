/** Waits for work, up to a time limit or until a signal is aborted. */

/** Returns whether the work ends within `ms` milliseconds and before the signal is aborted. */
export function endsWithin(ms: number, work: Promise<unknown>, hurry?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const late = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    // Note: setTimeout treats Infinity as one millisecond.
    const timer = Number.isFinite(ms) ? setTimeout(late, ms) : undefined;
    hurry?.addEventListener('abort', late);
    void work.then(() => {
      clearTimeout(timer);
      hurry?.removeEventListener('abort', late);
      resolve(true);
    });
  });
}
