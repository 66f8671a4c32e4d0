/**
 * Computes events per second for each step of the history.
 *
 * Note: a step that is still running counts only for the time that has passed, because otherwise
 * every chart would fall at its end.
 */
import type { History, HistoryPoint } from '@faktory-ts/protocol';

/** Failed executions; the server counts those that moved their job to dead separately. */
export const failuresOf = ({ failed, dead }: Pick<HistoryPoint, 'failed' | 'dead'>): number => failed + dead;

/** A step of the history, with its events per second. */
export interface RatePoint extends HistoryPoint {
  time: number;
}

/**
 * The running step is left out until a tenth of it is over, because a rate over less time is only
 * noise.
 */
export function ratesOfHistory({ step, until, points }: History): RatePoint[] {
  const end = Date.parse(until);
  return points.flatMap((point) => {
    const time = Date.parse(point.at);
    const seconds = Math.min(step, (end - time) / 1000);
    if (seconds < step / 10) return [];
    const { pushed, done } = point;
    const failed = failuresOf(point) / seconds;
    return [{ ...point, time, pushed: pushed / seconds, done: done / seconds, failed }];
  });
}
