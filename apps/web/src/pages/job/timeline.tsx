/**
 * The timeline of a job: past and future steps in order, with the time between them. It shows only
 * steps that the server knows.
 */
import type { JobDetail } from '@faktory-ts/protocol';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from '../../numbers.ts';
import { Time, useNow } from '../../time.tsx';

interface Step {
  readonly at: string;
  readonly words: string;
  readonly bad?: boolean;
}

export function Timeline({ job }: { job: JobDetail }): ReactNode {
  const { t } = useTranslation();
  const now = useNow();
  const steps = useSteps(job);
  return (
    <ol className="py-2">
      {steps.map(({ at, words, bad }, index) => {
        const before = steps[index - 1];
        const seconds = before ? (Date.parse(at) - Date.parse(before.at)) / 1000 : 0;
        const future = Date.parse(at) > now;
        return (
          <li key={`${at} ${words}`} className="relative flex gap-3 ps-5 pb-3 last:pb-0">
            <span
              aria-hidden
              className={`absolute start-0 top-1.5 size-2 rounded-full ${future ? 'border border-edge' : bad ? 'bg-dead' : 'bg-accent'}`}
            />
            {index < steps.length - 1 && (
              <span aria-hidden className="absolute start-[3px] top-4 bottom-0 border-s border-line" />
            )}
            <div className="min-w-0 grow">
              <p className={`wrap-anywhere ${future ? 'text-soft' : ''}`}>{words}</p>
              {seconds >= 0.001 && (
                <p className="text-sm text-faint tabular">
                  {t('job.steps.after', { time: duration(seconds) })}
                </p>
              )}
            </div>
            <Time at={at} />
          </li>
        );
      })}
    </ol>
  );
}

function useSteps(job: JobDetail): readonly Step[] {
  const { t } = useTranslation();
  const steps: Step[] = [];
  if (job.created_at) steps.push({ at: job.created_at, words: t('job.steps.created') });
  // Before the attempts, because steps of the same millisecond keep this order.
  if (job.enqueued_at) steps.push({ at: job.enqueued_at, words: t('job.steps.enqueued') });
  for (const { started_at, ended_at, errtype } of job.attempts) {
    steps.push({ at: started_at, words: t('job.steps.started') });
    steps.push({ at: ended_at, words: t('job.steps.failed', { error: errtype }), bad: true });
  }
  if (job.place === 'working') steps.push({ at: job.at, words: t('job.steps.started') });
  if (job.place === 'scheduled') steps.push({ at: job.at, words: t('job.steps.scheduled') });
  if (job.place === 'retries') steps.push({ at: job.at, words: t('job.steps.retry') });
  if (job.place === 'dead') steps.push({ at: job.at, words: t('job.steps.forgotten') });
  const waits = job.place === 'ready' || job.place === 'scheduled' || job.place === 'retries';
  if (job.deadline && waits) steps.push({ at: job.deadline, words: t('job.steps.deadline') });
  const unique = job.names?.find(({ feature }) => feature === 'unique')?.until;
  if (unique) steps.push({ at: unique, words: t('job.steps.unique') });
  return steps
    .filter(({ at }) => !Number.isNaN(Date.parse(at)))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
