/**
 * The columns of the two tables of workers: processes, and running jobs. A value that a worker
 * does not report is not shown as 0.
 *
 * A worker counts as silent after two missed heartbeats.
 */
import type { RunningJob, WorkerStatus } from '@faktory-ts/protocol';
import {
  CirclePause,
  CirclePlay,
  CircleStop,
  EllipsisVertical,
  type LucideIcon,
  OctagonX,
  VolumeX,
} from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { jobHref, queueHref, workerHref } from '../../filter.ts';
import { bytes, count, duration } from '../../numbers.ts';
import { IconButton } from '../../parts/button.tsx';
import { Menu, MenuItem } from '../../parts/menu.tsx';
import type { Column } from '../../parts/table-columns.tsx';
import { useCan } from '../../session.tsx';
import { Elapsed, Time, useNow } from '../../time.tsx';
import { useSignal } from './signal.ts';

const silentAfter = 31_000; // ms: two heartbeats of 15 s

/** The columns of processes. */
export function useWorkerColumns(): Column<WorkerStatus>[] {
  const { t } = useTranslation();
  const can = useCan('operate');
  return useMemo(() => {
    const none = <span className="text-faint">{t('workers.notSaid')}</span>;
    const list = (words: readonly string[]) => (
      <span dir="auto" className="block truncate text-soft">
        {words.join(', ')}
      </span>
    );
    const columns: Column<WorkerStatus>[] = [
      {
        id: 'process',
        label: t('workers.process'),
        width: 'minmax(140px, 2fr)',
        main: true,
        sort: ({ hostname, pid }) => `${hostname} ${pid}`,
        cell: ({ hostname, pid }) => (
          <span dir="auto" className="block truncate">
            {hostname} <span className="text-faint tabular">{pid}</span>
          </span>
        ),
      },
      {
        id: 'state',
        label: t('workers.state'),
        width: '92px',
        sort: ({ state }) => state,
        cell: (worker) => <State worker={worker} />,
      },
      {
        id: 'labels',
        label: t('workers.labels'),
        width: 'minmax(80px, 1fr)',
        cell: ({ labels }) => list(labels),
      },
      {
        id: 'queues',
        label: t('workers.queues'),
        width: 'minmax(100px, 2fr)',
        cell: ({ queues }) => list(queues),
      },
      {
        ...figure('jobs', t('workers.jobsCount'), '64px', ({ jobs }) => jobs.length, count),
        cell: ({ jobs, slots }) => (
          <span className="whitespace-nowrap tabular">
            {count(jobs.length)}
            {slots > 0 && <span className="text-faint">{` / ${count(slots)}`}</span>}
          </span>
        ),
      },
      {
        ...figure('connections', t('workers.connections'), '88px', (worker) => worker.connections, count),
        optional: true,
      },
      figure('memory', t('workers.memory'), '80px', ({ rss_kb }) => rss_kb * 1024, bytes, none),
      figure('lag', t('workers.lag'), '72px', ({ lag_ms }) => lag_ms / 1000, duration, none),
      {
        id: 'beat',
        label: t('workers.beat'),
        width: '88px',
        end: true,
        sort: (worker) => worker.last_beat,
        cell: (worker) => <Time at={worker.last_beat} />,
      },
      {
        id: 'started',
        label: t('workers.started'),
        width: '88px',
        end: true,
        sort: (worker) => worker.started_at,
        cell: (worker) => <Time at={worker.started_at} />,
      },
      {
        id: 'wid',
        label: t('workers.wid'),
        width: 'minmax(90px, 160px)',
        optional: true,
        cell: ({ wid }) => <code className="block truncate text-soft">{wid}</code>,
      },
    ];
    const actions: Column<WorkerStatus> = {
      id: 'actions',
      label: t('workers.actions'),
      width: '32px',
      bare: true,
      cell: (worker) => <WorkerMenu worker={worker} />,
    };
    return can ? [...columns, actions] : columns;
  }, [t, can]);
}

const figure = (
  id: string,
  label: string,
  width: string,
  of: (worker: WorkerStatus) => number,
  format: (value: number) => string,
  none?: ReactNode,
): Column<WorkerStatus> => ({
  id,
  label,
  width,
  end: true,
  sort: of,
  cell: (worker) =>
    none && of(worker) === 0 ? none : <span className="whitespace-nowrap tabular">{format(of(worker))}</span>,
});

const looks: Record<WorkerStatus['state'] | 'silent', [LucideIcon, string]> = {
  running: [CirclePlay, 'text-working'],
  quiet: [CirclePause, 'text-retries'],
  terminate: [CircleStop, 'text-dead'],
  silent: [VolumeX, 'text-dead'],
};

function State({ worker }: { worker: WorkerStatus }): ReactNode {
  const { t } = useTranslation();
  const silent = useNow() - Date.parse(worker.last_beat) > silentAfter;
  const state = silent ? 'silent' : worker.state;
  const [Icon, colour] = looks[state];
  return (
    <span className={`inline-flex items-center gap-1.5 ${colour}`}>
      <Icon size={14} aria-hidden className="shrink-0" />
      {t(`workers.states.${state}`)}
    </span>
  );
}

function WorkerMenu({ worker }: { worker: WorkerStatus }): ReactNode {
  const { t } = useTranslation();
  const signal = useSignal();
  const { hostname: host, pid, wid, state } = worker;
  return (
    <Menu
      trigger={<IconButton small icon={EllipsisVertical} label={t('workers.actionsOf', { host, pid })} />}
    >
      <MenuItem
        icon={CirclePause}
        disabled={state !== 'running'}
        onSelect={() => void signal(wid, 'quiet', 1, `${host} ${pid}`)}
      >
        {t('workers.quiet')}
      </MenuItem>
      <MenuItem
        danger
        icon={OctagonX}
        disabled={state === 'terminate'}
        onSelect={() => void signal(wid, 'terminate', 1, `${host} ${pid}`)}
      >
        {t('workers.stop')}
      </MenuItem>
    </Menu>
  );
}

/** A running job and its worker process; no process: the worker is not connected. */
export interface Running extends RunningJob {
  worker?: WorkerStatus;
  /** JSON text; absent: not received yet. */
  args?: string | undefined;
}

/** The columns of running jobs. */
export function useRunningColumns(): Column<Running>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: 'job',
        label: t('workers.job'),
        width: 'minmax(140px, 3fr)',
        main: true,
        sort: (job) => job.jobtype,
        cell: (job) => (
          <Link href={jobHref(job.jid)} dir="auto" className="block truncate hover:underline">
            {job.jobtype}
          </Link>
        ),
      },
      {
        id: 'args',
        label: t('jobs.columns.args'),
        width: 'minmax(120px, 3fr)',
        cell: ({ args }) => <code className="block truncate text-soft">{args}</code>,
      },
      {
        id: 'queue',
        label: t('workers.queue'),
        width: 'minmax(90px, 2fr)',
        sort: (job) => job.queue,
        cell: (job) => (
          <Link href={queueHref(job.queue)} dir="auto" className="block truncate text-soft hover:underline">
            {job.queue}
          </Link>
        ),
      },
      {
        id: 'worker',
        label: t('workers.worker'),
        width: 'minmax(120px, 2fr)',
        sort: (job) => job.worker?.hostname ?? job.wid,
        cell: (job) => <Holder job={job} />,
      },
      {
        id: 'jid',
        label: t('workers.jid'),
        width: 'minmax(100px, 200px)',
        optional: true,
        cell: ({ jid }) => <code className="block truncate text-soft">{jid}</code>,
      },
      {
        id: 'elapsed',
        label: t('workers.elapsed'),
        width: '96px',
        end: true,
        sort: (job) => -Date.parse(job.started_at),
        cell: (job) => <Elapsed since={job.started_at} />,
      },
      {
        id: 'expires',
        label: t('workers.expires'),
        width: '112px',
        end: true,
        sort: (job) => job.expires_at ?? '',
        cell: (job) => <Time at={job.expires_at} />,
      },
    ],
    [t],
  );
}

function Holder({ job }: { job: Running }): ReactNode {
  const { t } = useTranslation();
  if (job.worker)
    return (
      <Link href={workerHref(job.wid)} dir="auto" className="block truncate hover:underline">
        {job.worker.hostname} <span className="text-faint tabular">{job.worker.pid}</span>
      </Link>
    );
  return (
    <span className="block truncate text-retries">
      {job.wid ? t('workers.lost', { wid: job.wid }) : t('workers.nobody')}
    </span>
  );
}
