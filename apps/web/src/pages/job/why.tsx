/** Says in one sentence why a job does not run: the first obstacle. */
import type { JobDetail } from '@faktory-ts/protocol';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from '../../numbers.ts';
import { relativeTime, useNow } from '../../time.tsx';

export function Why({ job }: { job: JobDetail }): ReactNode {
  const { t } = useTranslation();
  const now = useNow();
  const { why, queue } = job;
  const time = why.until === undefined ? '' : relativeTime(why.until, now);
  const said = (): string => {
    switch (why.code) {
      case 'running':
        return why.wid ? t('job.why.running', { wid: why.wid }) : t('job.why.runningProducer');
      case 'behind':
        return why.seconds === undefined
          ? t('job.why.behind', { count: why.ahead ?? 0, queue })
          : t('job.why.behindFor', { count: why.ahead ?? 0, queue, time: duration(why.seconds) });
      case 'waiting':
      case 'retrying':
      case 'dead':
        return t(`job.why.${why.code}`, { time });
      default:
        return t(`job.why.${why.code}`, { queue });
    }
  };
  return (
    <p role="status" className="min-w-0 wrap-anywhere">
      {said()}
    </p>
  );
}
