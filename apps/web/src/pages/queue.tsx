/**
 * One queue: figures, charts, and its jobs in the order in which workers get them. The list is
 * refreshed when the queue changes.
 */
import type { QueueRow } from '@faktory-ts/protocol';
import { Pause, Play } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { useOneInAddress } from '../address.ts';
import { spans } from '../api.ts';
import { jobsHref } from '../filter.ts';
import { useLive } from '../live.ts';
import { count, duration, rate } from '../numbers.ts';
import { Button } from '../parts/button.tsx';
import { Chart } from '../parts/chart.tsx';
import { durationSteps } from '../parts/chart-options.ts';
import { Empty, ErrorNote, Skeleton } from '../parts/notes.tsx';
import { PageHead, Section } from '../parts/section.tsx';
import { SpanChoice } from '../parts/span-choice.tsx';
import { PriorityBar } from '../parts/state.tsx';
import { useCan } from '../session.tsx';
import { usePage } from '../shell/title.ts';
import { useHistoryLines } from './overview/charts.tsx';
import { useQueueActs } from './queues/acts.ts';
import { QueueMenu } from './queues/columns.tsx';
import { QueueJobs } from './queues/jobs.tsx';
import { Latency } from './queues/latency.tsx';
import { Outlook } from './queues/outlook.tsx';

export default function Queue({ name }: { name: string }): ReactNode {
  const { t } = useTranslation();
  const queues = useLive('queues');
  const queue = queues?.[name];
  usePage(name);
  if (queues && !queue)
    return (
      <Empty title={t('queues.gone', { name })}>
        <p>{t('queues.goneBody')}</p>
        <Link href="/queues" className="link">
          {t('queues.all')}
        </Link>
      </Empty>
    );
  return (
    <>
      <PageHead title={name}>{queue && <Actions queue={queue} />}</PageHead>
      {queue ? <Figures queue={queue} /> : <Skeleton lines={2} height={32} />}
      <Charts name={name} />
      <div className="mt-8">
        <Section
          title={t('queues.jobs')}
          actions={
            <Link href={jobsHref({ places: ['ready'], queues: [name] })} className="link text-sm">
              {t('queues.allJobs')}
            </Link>
          }
        >
          <QueueJobs name={name} />
        </Section>
      </div>
    </>
  );
}

function Actions({ queue }: { queue: QueueRow }): ReactNode {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const acts = useQueueActs();
  if (!useCan('operate')) return null;
  const change = queue.paused ? acts.resume : acts.pause;
  return (
    <>
      <Button icon={queue.paused ? Play : Pause} onClick={() => void change([queue.name])}>
        {t(queue.paused ? 'queues.resume' : 'queues.pause')}
      </Button>
      <QueueMenu queue={queue} onRemoved={() => go('/queues')} />
    </>
  );
}

function Figures({ queue }: { queue: QueueRow }): ReactNode {
  const { t } = useTranslation();
  const figures: [string, ReactNode][] = [
    [t('queues.facts.size'), count(queue.size)],
    [t('queues.facts.latency'), <Latency key="latency" queue={queue} />],
    [
      t('queues.facts.rates'),
      t('queues.facts.ratesValue', { in: rate(queue.rate_in), out: rate(queue.rate_out) }),
    ],
    [t('queues.facts.empty'), <Outlook key="empty" queue={queue} />],
    [t('queues.facts.workers'), count(queue.workers)],
  ];
  return (
    <div className="border-y border-line py-3">
      <dl className="flex flex-wrap gap-x-10 gap-y-3">
        {queue.paused && (
          <div className="flex items-center gap-1.5 text-retries">
            <Pause size={16} aria-hidden />
            <dt className="sr-only">{t('queues.paused')}</dt>
            <dd className="font-medium">{t('queues.paused')}</dd>
          </div>
        )}
        {figures.map(([label, value]) => (
          <div key={label} className="min-w-16">
            <dt className="text-sm text-faint">{label}</dt>
            <dd className="text-lg tabular">{value}</dd>
          </div>
        ))}
        <div className="min-w-40 grow basis-60 self-center">
          <dt className="mb-1 text-sm text-faint">{t('queues.priorities')}</dt>
          <dd>
            <PriorityBar priorities={queue.priorities} />
          </dd>
        </div>
      </dl>
    </div>
  );
}

function Charts({ name }: { name: string }): ReactNode {
  const { t } = useTranslation();
  const [span, setSpan] = useOneInAddress('span', '30m', spans);
  const { drawn, error, again } = useHistoryLines(span, { queue: name });
  return (
    <div className="mt-4 grid gap-x-10 gap-y-4 lg:grid-cols-2">
      <Section
        title={t('overview.throughput')}
        actions={<SpanChoice value={span} onChange={setSpan} choices={spans} />}
      >
        {error && <ErrorNote problem={error} again={again} />}
        <Chart
          label={t('queues.chartThroughput', { name })}
          times={drawn.times}
          lines={drawn.throughput}
          format={(value) => t('overview.perSecond', { rate: rate(value) })}
        />
      </Section>
      <Section title={t('overview.latency')}>
        <Chart
          label={t('queues.chartLatency', { name })}
          times={drawn.times}
          lines={drawn.latency}
          format={duration}
          steps={durationSteps}
        />
      </Section>
    </div>
  );
}
