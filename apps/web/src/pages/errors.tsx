/**
 * The errors page: failures grouped by kind, with their number and times, and actions on all jobs
 * of a kind.
 *
 * Note: a kind without jobs is listed too, because its jobs were retried with success. It has no
 * link to jobs.
 */
import type { ErrorGroup } from '@faktory-ts/protocol';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useInAddress, useOneInAddress } from '../address.ts';
import { api, type Span, spans } from '../api.ts';
import { jobsHref } from '../filter.ts';
import { count } from '../numbers.ts';
import { Chip } from '../parts/chip.tsx';
import { Empty, ErrorNote, Skeleton } from '../parts/notes.tsx';
import { PageHead } from '../parts/section.tsx';
import { SpanChoice } from '../parts/span-choice.tsx';
import { usePrefs } from '../prefs.ts';
import { usePage } from '../shell/title.ts';
import { Time } from '../time.tsx';
import { Trend } from './errors/trend.tsx';
import { JobActions } from './jobs/actions.tsx';

const least = 5000; // ms between two refreshes

export default function Errors(): ReactNode {
  const { t } = useTranslation();
  const { rate } = usePrefs();
  const [span, setSpan] = useOneInAddress('span', '24h', spans);
  const [jobtype, setJobtype] = useInAddress('jobtype');
  usePage(t('shell.pages.errors'));
  const { data, error, refetch } = useQuery({
    queryKey: ['errors', span],
    queryFn: ({ signal }) => api.errors(span, signal),
    refetchInterval: rate === 0 ? false : Math.max(rate, least),
    placeholderData: (before) => before,
  });
  const groups = data?.groups.filter(({ jobtypes }) => jobtype === '' || jobtypes.includes(jobtype));
  return (
    <>
      <PageHead title={t('shell.pages.errors')}>
        {jobtype !== '' && <Chip name={t('jobs.jobtypes')} value={jobtype} onRemove={() => setJobtype('')} />}
        <SpanChoice value={span} onChange={setSpan} choices={spans} />
      </PageHead>
      {error && <ErrorNote problem={error} again={() => void refetch()} />}
      {data?.partial && <p className="mb-2 text-soft">{t('errors.partial')}</p>}
      {!data && !error && <Skeleton lines={6} height={72} />}
      {groups?.length === 0 && <Empty title={t('errors.none')}>{t('errors.noneBody')}</Empty>}
      <ul aria-label={t('errors.list')}>
        {groups?.map((group) => (
          <li key={group.id} className="border-b border-line py-3 first:border-t">
            <Group group={group} span={span} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Group({ group, span }: { group: ErrorGroup; span: Span }): ReactNode {
  const { t } = useTranslation();
  const { id, errtype, message, sample, jobtypes, there, retries, dead, last_at, first_at } = group;
  const filter = { fingerprints: [id], places: ['retries', 'dead'] as const };
  const figures: [string, ReactNode][] = [
    [t('errors.columns.failures'), count(group.failures)],
    [t('errors.columns.retries'), count(retries)],
    [t('errors.columns.dead'), count(dead)],
    [t('errors.columns.first'), <Time key="first" at={first_at} />],
    [t('errors.columns.last'), <Time key="last" at={last_at} />],
  ];
  return (
    <article className="grid gap-x-8 gap-y-2 lg:grid-cols-[minmax(0,1fr)_auto]">
      <div className="min-w-0">
        <h2 dir="auto" className="text-base wrap-anywhere">
          <span className="text-dead">{errtype}</span>{' '}
          <span className="font-normal">{sample === '' ? message : sample}</span>
        </h2>
        <Pattern group={group} />
        <p className="mt-0.5 flex flex-wrap items-baseline gap-x-3 text-sm text-soft">
          {jobtypes.map((jobtype) =>
            there.includes(jobtype) ? (
              <Link
                key={jobtype}
                href={jobsHref({ jobtypes: [jobtype], ...filter })}
                className="link wrap-anywhere"
              >
                {jobtype}
              </Link>
            ) : (
              <span key={jobtype} className="wrap-anywhere">
                {jobtype}
              </span>
            ),
          )}
        </p>
        {retries + dead > 0 && (
          <div className="mt-2 flex flex-wrap items-center gap-2">
            <Link href={jobsHref(filter)} className="link me-2">
              {t('errors.show')}
            </Link>
            <JobActions
              filter={filter}
              about={[`${errtype} ${sample === '' ? message : sample}`]}
              actions={['requeue', 'kill', 'discard']}
            />
          </div>
        )}
      </div>
      <div className="flex flex-wrap items-end gap-x-6 gap-y-2">
        <Trend hours={group.hours} span={span} />
        <dl className="flex flex-wrap gap-x-6">
          {figures.map(([label, value]) => (
            <div key={label} className="min-w-14">
              <dt className="text-sm text-faint">{label}</dt>
              <dd className="tabular">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </article>
  );
}

/** The common pattern of the messages, if the sample message differs from it. */
function Pattern({ group: { message, sample, id } }: { group: ErrorGroup }): ReactNode {
  const { t } = useTranslation();
  if (id === 'other') return <p className="text-sm text-faint">{t('errors.others')}</p>;
  if (message === '*') return <p className="text-sm text-faint">{t('errors.ofType')}</p>;
  if (sample === '' || sample === message) return null;
  return (
    <p className="text-sm wrap-anywhere text-faint" data-tip={t('errors.pattern')}>
      <code>{message}</code>
    </p>
  );
}
