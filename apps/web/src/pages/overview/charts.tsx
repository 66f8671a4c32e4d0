/**
 * Throughput and latency over time: live values from this page, longer spans from the server’s
 * history. One line never mixes both.
 *
 * History has counts per step; the chart shows them per second so that spans can be compared.
 */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Span } from '../../api.ts';
import { ratesOfHistory } from '../../history-rates.ts';
import { useTrail } from '../../live.ts';
import { ratesOf } from '../../live-merge.ts';
import { duration, rate } from '../../numbers.ts';
import { Chart, type Line } from '../../parts/chart.tsx';
import { durationSteps } from '../../parts/chart-options.ts';
import { ErrorNote } from '../../parts/notes.tsx';
import { Section } from '../../parts/section.tsx';

const longestWindow = 180_000; // ms
const shortestWindow = 60_000; // ms: the chart of a new page is not mostly empty

const liveWindow = (times: readonly number[]) =>
  Math.max(shortestWindow, Math.min(longestWindow, (times.at(-1) ?? 0) - (times[0] ?? 0)));

interface Drawn {
  times: number[];
  throughput: Line[];
  latency: Line[];
}

/** Both charts; the first one's heading has the choice of the time span. */
export function Charts({ span, choice }: { span: Span | 'live'; choice: ReactNode }): ReactNode {
  const { t } = useTranslation();
  const live = useLiveLines();
  const history = useHistoryLines(span === 'live' ? '30m' : span, {}, span !== 'live');
  const drawn = span === 'live' ? live : history.drawn;
  const window = span === 'live' ? { window: liveWindow(drawn.times) } : {};
  return (
    <>
      <Section title={t('overview.throughput')} actions={choice}>
        {span !== 'live' && history.error && <ErrorNote problem={history.error} again={history.again} />}
        <Chart
          label={t('overview.throughputChart')}
          times={drawn.times}
          lines={drawn.throughput}
          format={(value) => t('overview.perSecond', { rate: rate(value) })}
          height={200}
          {...window}
        />
      </Section>
      <Section title={t('overview.latency')}>
        <Chart
          label={t('overview.latencyChart')}
          times={drawn.times}
          lines={drawn.latency}
          format={duration}
          steps={durationSteps}
          height={140}
          {...window}
        />
      </Section>
    </>
  );
}

function useLiveLines(): Drawn {
  const { t } = useTranslation();
  const trail = useTrail();
  return useMemo(() => {
    const rates = ratesOf(trail);
    return {
      times: rates.map(({ at }) => at),
      throughput: throughputLines(t, rates),
      latency: [
        {
          label: t('overview.longest'),
          colour: '--color-ready',
          filled: true,
          values: trail.slice(1).map(({ latency }) => latency),
        },
      ],
    };
  }, [trail, t]);
}

type T = ReturnType<typeof useTranslation>['t'];

const throughputLines = (
  t: T,
  points: readonly { pushed: number; done: number; failed: number }[],
): Line[] => [
  { label: t('overview.pushed'), colour: '--color-ready', dashed: true, values: points.map((p) => p.pushed) },
  {
    label: t('overview.doneLine'),
    colour: '--color-working',
    filled: true,
    values: points.map((p) => p.done),
  },
  { label: t('overview.failed'), colour: '--color-dead', values: points.map((p) => p.failed) },
];

/** The server's history as chart lines. */
export function useHistoryLines(
  span: Span,
  of: { queue?: string; jobtype?: string },
  enabled = true,
): { drawn: Drawn; error: Error | null; again: () => void } {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({
    queryKey: ['history', span, of.queue, of.jobtype],
    queryFn: () => api.history(span, of),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
    enabled,
  });
  const drawn = useMemo(() => {
    const points = data ? ratesOfHistory(data) : [];
    return {
      times: points.map(({ time }) => time),
      throughput: throughputLines(t, points),
      latency: [
        {
          label: t('overview.wait50'),
          colour: '--color-ready',
          values: points.map((p) => p.wait?.p50),
          dashed: true,
        },
        { label: t('overview.wait95'), colour: '--color-ready', values: points.map((p) => p.wait?.p95) },
        { label: t('overview.run95'), colour: '--color-working', values: points.map((p) => p.run?.p95) },
      ],
    };
  }, [data, t]);
  return { drawn, error, again: () => void refetch() };
}
