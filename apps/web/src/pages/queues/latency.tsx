/**
 * The latency of a queue: how long its oldest job has waited.
 *
 * Note: the page counts on by itself, because the server does not send a row again only because
 * time passed. A queue without jobs has no latency.
 */
import type { QueueRow } from '@faktory-ts/protocol';
import type { ReactNode } from 'react';
import { duration } from '../../numbers.ts';
import { useNow } from '../../time.tsx';

/** Seconds of latency at `now` (milliseconds since 1970, by the server's clock). */
export function secondsWaited({ size, latency, oldest_at }: QueueRow, now: number): number {
  if (size === 0) return 0;
  return oldest_at ? Math.max(0, (now - Date.parse(oldest_at)) / 1000) : latency;
}

/** The latency in words, ticking. */
export function Latency({ queue }: { queue: QueueRow }): ReactNode {
  const now = useNow();
  return <span className="tabular">{queue.size > 0 ? duration(secondsWaited(queue, now)) : '–'}</span>;
}
