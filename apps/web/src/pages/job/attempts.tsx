/** The failed attempts of a job, newest first; each backtrace opens on request. */
import type { JobAttempt } from '@faktory-ts/protocol';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from '../../numbers.ts';
import { CodeBlock } from '../../parts/code.tsx';
import { Section } from '../../parts/section.tsx';
import { Time } from '../../time.tsx';

export function Attempts({ attempts }: { attempts: readonly JobAttempt[] }): ReactNode {
  const { t } = useTranslation();
  const newestFirst = [...attempts].reverse();
  return (
    <Section title={t('job.attempts')}>
      <ol>
        {newestFirst.map((attempt, index) => (
          <li key={attempt.n} className="border-b border-line py-2 last:border-0">
            <Attempt attempt={attempt} open={index === 0} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Attempt({ attempt, open }: { attempt: JobAttempt; open: boolean }): ReactNode {
  const { t } = useTranslation();
  const { n, started_at, ended_at, wid, errtype, message, backtrace } = attempt;
  const seconds = (Date.parse(ended_at) - Date.parse(started_at)) / 1000;
  return (
    <details open={open}>
      <summary>
        <span className="inline-flex max-w-[calc(100%-20px)] flex-wrap items-baseline gap-x-3 align-top">
          <span className="font-medium">{t('job.attempt', { n })}</span>
          <span className="min-w-0 text-dead wrap-anywhere">{errtype}</span>
          <span className="text-sm text-faint tabular">{duration(seconds)}</span>
          <span className="text-sm text-faint">
            <Time at={ended_at} />
          </span>
          {wid && <code className="text-faint">{wid}</code>}
        </span>
      </summary>
      <p dir="auto" className="my-2 whitespace-pre-wrap wrap-anywhere">
        {message}
      </p>
      {backtrace && backtrace.length > 0 ? (
        <CodeBlock text={backtrace.join('\n')} />
      ) : (
        <p className="text-sm text-faint">{t('job.noBacktrace')}</p>
      )}
    </details>
  );
}
