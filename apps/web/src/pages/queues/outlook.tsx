/** Estimates when a queue will be empty, from its rates of the last minute. */
import type { QueueRow } from '@faktory-ts/protocol';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from '../../numbers.ts';

/**
 * Seconds until the queue is empty; `Infinity`: it grows; `undefined`: it neither grows nor
 * shrinks.
 */
export function secondsToEmpty({ size, rate_in, rate_out }: QueueRow): number | undefined {
  if (size === 0) return 0;
  const net = rate_out - rate_in;
  if (net > 0.001) return size / net;
  return net < -0.001 ? Number.POSITIVE_INFINITY : undefined;
}

/** The estimate in words. */
export function Outlook({ queue }: { queue: QueueRow }): ReactNode {
  const { t } = useTranslation();
  const seconds = secondsToEmpty(queue);
  if (seconds === 0) return <span className="text-faint">{t('queues.emptyNow')}</span>;
  if (seconds === undefined) return <span className="text-soft">{t('queues.standing')}</span>;
  if (seconds === Number.POSITIVE_INFINITY)
    return <span className="text-retries">{t('queues.growing')}</span>;
  return <span className="tabular">{duration(seconds)}</span>;
}
