/* Waiting for work, but not for longer than a time, or than a signal allows. */

/** Whether the work ends within so many milliseconds, and before the signal is aborted. */
export function endsWithin(ms: number, work: Promise<unknown>, hurry?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const late = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    // Note: setTimeout takes Infinity for one millisecond.
    const timer = Number.isFinite(ms) ? setTimeout(late, ms) : undefined;
    hurry?.addEventListener('abort', late);
    void work.then(() => {
      clearTimeout(timer);
      hurry?.removeEventListener('abort', late);
      resolve(true);
    });
  });
}
