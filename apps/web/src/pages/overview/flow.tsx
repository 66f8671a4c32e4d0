/**
 * The way of the jobs as one line: scheduled, ready, working, done, with retries and dead beside
 * it. The line never changes its size.
 *
 * “Done” is a rate; all other numbers are current counts.
 */
import type { JobPlace } from '@faktory-ts/protocol';
import { CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { jobsHref } from '../../filter.ts';
import { useLive, useTrail } from '../../live.ts';
import { ratesOf } from '../../live-merge.ts';
import { count, duration, rate, short } from '../../numbers.ts';
import { placeLooks } from '../../parts/state.tsx';

const smoothed = 10; // samples, about seconds

/** The line. */
export function Flow(): ReactNode {
  const { t } = useTranslation();
  const stats = useLive('stats');
  const waits = stats?.latency ? t('overview.stations.ready', { time: duration(stats.latency) }) : undefined;
  const notes: Record<JobPlace, string> = {
    scheduled: t('overview.stations.scheduled'),
    ready: waits ?? t('overview.stations.readyNone'),
    working: t('overview.stations.working', { count: stats?.workers ?? 0 }),
    retries: t('overview.stations.retries'),
    dead: t('overview.stations.dead'),
  };
  const station = (place: JobPlace, arrow = false) => (
    <Station
      key={place}
      place={place}
      jobs={stats?.[place]}
      of={place === 'working' ? stats?.slots : undefined}
      note={stats ? notes[place] : ''}
      arrow={arrow}
    />
  );
  return (
    <section aria-label={t('overview.flow')} className="border-y border-line">
      <ul className="grid grid-cols-2 sm:grid-cols-3 lg:grid-cols-6">
        {station('scheduled', true)}
        {station('ready', true)}
        {station('working', true)}
        <Done />
        {station('retries')}
        {station('dead')}
      </ul>
    </section>
  );
}

const cell =
  'relative min-w-0 px-4 py-3 border-line max-sm:odd:ps-0 max-sm:even:border-s max-sm:nth-[n+3]:border-t sm:max-lg:nth-[n+4]:border-t sm:max-lg:not-nth-[3n+1]:border-s sm:max-lg:nth-[3n+1]:ps-0 lg:not-first:border-s lg:first:ps-0';

/** The arrow to the next station. */
const Arrow = () => (
  <svg
    width="9"
    height="16"
    viewBox="0 0 9 16"
    aria-hidden
    className="absolute end-[-5px] top-1/2 z-1 hidden -translate-y-1/2 fill-page stroke-edge lg:block rtl:-scale-x-100"
  >
    <path d="M0.5 -1 L8 8 L0.5 17" />
  </svg>
);

function Station(props: {
  place: JobPlace;
  jobs: number | undefined;
  /** The largest possible number, if known. */
  of: number | undefined;
  note: string;
  arrow: boolean;
}): ReactNode {
  const { t } = useTranslation();
  const { place, jobs, of } = props;
  const { icon: Icon, text } = placeLooks[place];
  return (
    <li className={cell}>
      <Link href={jobsHref({ places: [place] })} className="group block">
        <span className={`flex items-center gap-1.5 text-sm ${text}`}>
          <Icon size={14} strokeWidth={2} aria-hidden />
          <span className="truncate group-hover:underline">{t(`parts.places.${place}`)}</span>
        </span>
        <span className="mt-1 block h-9 text-2xl tracking-tight tabular">
          {jobs === undefined ? '' : count(jobs)}
          {of ? <span className="text-lg text-faint">{` / ${count(of)}`}</span> : null}
        </span>
        <span className="line-clamp-2 h-[36px] text-sm wrap-anywhere text-faint">{props.note}</span>
      </Link>
      {props.arrow && <Arrow />}
    </li>
  );
}

function Done(): ReactNode {
  const { t } = useTranslation();
  const stats = useLive('stats');
  const rates = ratesOf(useTrail().slice(-smoothed));
  const done = rates.reduce((sum, one) => sum + one.done, 0) / Math.max(1, rates.length);
  return (
    <li className={cell}>
      <span className="flex items-center gap-1.5 text-sm text-soft">
        <CircleCheck size={14} strokeWidth={2} aria-hidden />
        {t('overview.done')}
      </span>
      <span className="mt-1 block h-9 truncate text-2xl tracking-tight tabular">
        {stats ? t('overview.perSecond', { rate: rate(done) }) : ''}
      </span>
      <span className="line-clamp-2 h-[36px] text-sm wrap-anywhere text-faint">
        {stats ? t('overview.allTime', { number: short(stats.processed - stats.failures) }) : ''}
      </span>
    </li>
  );
}
