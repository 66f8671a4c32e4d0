/**
 * Loaded into the server before its program (`--import`): measures the longest turn of the event
 * loop, in processor time of the main thread.
 *
 * Note: wall time would include other programs of the machine. It is used only where the system
 * does not report a thread's time (all but Linux).
 */
import { openSync, readSync } from 'node:fs';

const read = threadTime() ?? (() => performance.now());
let [longest, before] = [0, 0];
let watching = false;

process.on('message', (asked) => {
  if (asked === 'longest') {
    watching = false;
    turn(); // the answer may leave before the end of the turn is measured
    process.send?.(longest);
    return;
  }
  if (asked !== 'watch') return;
  [longest, before, watching] = [0, read(), true];
  setImmediate(turn);
  process.send?.('watching');
});
process.channel?.unref(); // the server can end as without the probe

function turn(): void {
  const now = read();
  longest = Math.max(longest, now - before);
  before = now;
  if (watching) setImmediate(turn);
}

/** Processor time of the main thread, milliseconds. */
function threadTime(): (() => number) | undefined {
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
    const bytes = Buffer.alloc(64);
    return () => Number.parseInt(bytes.toString('latin1', 0, readSync(file, bytes, 0, 64, 0)), 10) / 1e6;
  } catch {
    return undefined;
  }
}
