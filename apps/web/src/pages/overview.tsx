/**
 * The overview: whether the server and its jobs are well, at a glance. An empty server shows how
 * to push a first job instead.
 */
import { lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useOneInAddress } from '../address.ts';
import { spans } from '../api.ts';
import { useLive } from '../live.ts';
import { SpanChoice } from '../parts/span-choice.tsx';
import { usePage } from '../shell/title.ts';
import { AttentionList } from './overview/attention.tsx';
import { Charts } from './overview/charts.tsx';
import { Flow } from './overview/flow.tsx';
import { Kinds } from './overview/kinds.tsx';
import { Hosts, SlowQueues } from './overview/sides.tsx';

/** Loaded only for an empty server. */
const FirstJob = lazy(() => import('./overview/first-job.tsx'));

const choices = ['live', ...spans] as const;

export default function Overview(): ReactNode {
  const { t } = useTranslation();
  const stats = useLive('stats');
  const [span, setSpan] = useOneInAddress('span', 'live', choices);
  usePage(t('shell.pages.overview'));
  const untouched =
    stats !== undefined &&
    stats.pushed +
      stats.processed +
      stats.ready +
      stats.scheduled +
      stats.retries +
      stats.working +
      stats.dead ===
      0;
  return (
    <>
      <h1 className="sr-only">{t('shell.pages.overview')}</h1>
      <Flow />
      {/* On a phone one column: attention, queues, then charts. */}
      <div className="mt-6 flex flex-col gap-x-10 gap-y-8 lg:grid lg:grid-cols-[minmax(0,1fr)_380px] lg:items-start">
        <div className="contents lg:col-start-2 lg:flex lg:min-w-0 lg:flex-col lg:gap-8">
          <AttentionList />
          <SlowQueues />
          <div className="max-lg:order-1">
            <Hosts />
          </div>
        </div>
        <div className="contents lg:col-start-1 lg:row-start-1 lg:flex lg:min-w-0 lg:flex-col lg:gap-6">
          {untouched ? (
            <div className="min-w-0 max-lg:order-first">
              <Suspense>
                <FirstJob />
              </Suspense>
            </div>
          ) : (
            <>
              <div className="flex min-w-0 flex-col gap-6">
                <Charts
                  span={span}
                  choice={<SpanChoice value={span} onChange={setSpan} choices={choices} />}
                />
              </div>
              <div className="min-w-0 max-lg:order-2">
                <Kinds span={span === 'live' ? '30m' : span} />
              </div>
            </>
          )}
        </div>
      </div>
    </>
  );
}
