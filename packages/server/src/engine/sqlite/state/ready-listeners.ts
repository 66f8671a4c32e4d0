/** Calls the listeners of ready jobs, apart from the operations of the turn. */

export type ReadyListener = (queue: string, count: number, gate?: string) => boolean;

/** Calls all listeners. Returns true when one of them fetches at once. */
export function notify(
  listeners: ReadonlySet<ReadyListener>,
  queue: string,
  count: number,
  gate?: string,
): boolean {
  let heard = false;
  for (const listener of listeners) heard = callApart(listener, queue, count, gate) || heard;
  return heard;
}

/** An error of a listener ends the process; it must not fail the operations of the turn. */
function callApart(listener: ReadyListener, queue: string, count: number, gate?: string): boolean {
  try {
    return listener(queue, count, gate);
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
    return false;
  }
}
