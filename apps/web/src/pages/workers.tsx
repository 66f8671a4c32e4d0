/**
 * The workers: processes, their state, their running jobs; quiet and stop. The protocol does not
 * report the number of slots.
 *
 * Jobs of disconnected workers are listed too, until their reservations expire.
 */
import type { WorkerStatus } from '@faktory-ts/protocol';
import { useQuery } from '@tanstack/react-query';
import { CirclePause, OctagonX } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useInAddress } from '../address.ts';
import { api } from '../api.ts';
import { jobHref } from '../filter.ts';
import { useLive } from '../live.ts';
import { Button } from '../parts/button.tsx';
import { Empty, ErrorNote } from '../parts/notes.tsx';
import { PageHead, Section } from '../parts/section.tsx';
import { Table } from '../parts/table.tsx';
import { ColumnMenu } from '../parts/table-columns.tsx';
import { useCan } from '../session.tsx';
import { usePage } from '../shell/title.ts';
import { type Running, useRunningColumns, useWorkerColumns } from './workers/columns.tsx';
import { useSignal } from './workers/signal.ts';

const mostWithArgs = 200; // jobs
const widOf = (worker: WorkerStatus) => worker.wid;
const jidOf = (job: Running) => `${job.jid} ${job.started_at}`;

const matches = (worker: WorkerStatus, wanted: string) =>
  [worker.hostname, worker.wid, String(worker.pid), ...worker.labels, ...worker.queues].some((word) =>
    word.toLowerCase().includes(wanted),
  );

export default function Workers(): ReactNode {
  const { t } = useTranslation();
  const live = useLive('workers');
  const [text, setText] = useInAddress('text');
  const [wid, setWid] = useState<string>();
  const columns = useWorkerColumns();
  usePage(t('shell.pages.workers'));
  const workers = useMemo(() => Object.values(live ?? {}), [live]);
  const rows = useMemo(
    () => workers.filter((worker) => matches(worker, text.trim().toLowerCase())),
    [workers, text],
  );
  const nothing =
    text === '' ? (
      <Empty title={t('workers.none')}>{t('workers.noneBody')}</Empty>
    ) : (
      <Empty title={t('workers.noMatch', { text })} />
    );
  return (
    <>
      <PageHead title={t('shell.pages.workers')}>
        <Sums workers={workers} />
        <input
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-label={t('workers.filter')}
          placeholder={t('workers.filter')}
          className="field w-80 max-w-full"
        />
        <AllActions count={workers.length} />
        <ColumnMenu name="workers" columns={columns} />
      </PageHead>
      <Table
        name="workers"
        label={t('workers.table')}
        rows={rows}
        rowKey={widOf}
        columns={columns}
        loading={live === undefined}
        empty={nothing}
        sort={{ id: 'process', desc: false }}
        onOpen={(worker) => setWid(worker.wid === wid ? undefined : worker.wid)}
      />
      <RunningJobs
        workers={rows}
        loading={live === undefined}
        only={workers.find((worker) => worker.wid === wid)}
        onAll={() => setWid(undefined)}
      />
    </>
  );
}

function Sums({ workers }: { workers: readonly WorkerStatus[] }): ReactNode {
  const { t } = useTranslation();
  const hosts = new Set(workers.map((worker) => worker.hostname)).size;
  const jobs = workers.reduce((sum, worker) => sum + worker.jobs.length, 0);
  if (workers.length === 0) return null;
  return (
    <p className="text-sm text-soft tabular">
      {t('workers.processes', { count: workers.length })} {t('workers.hosts', { count: hosts })},{' '}
      {t('workers.jobs', { count: jobs })}
    </p>
  );
}

function AllActions({ count }: { count: number }): ReactNode {
  const { t } = useTranslation();
  const signal = useSignal();
  if (!useCan('operate') || count === 0) return null;
  return (
    <>
      <Button icon={CirclePause} onClick={() => void signal('all', 'quiet', count)}>
        {t('workers.quietAll')}
      </Button>
      <Button icon={OctagonX} onClick={() => void signal('all', 'terminate', count)}>
        {t('workers.stopAll')}
      </Button>
    </>
  );
}

function RunningJobs(props: {
  workers: readonly WorkerStatus[];
  /** The workers were not received yet. */
  loading: boolean;
  only: WorkerStatus | undefined;
  onAll: () => void;
}): ReactNode {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const { workers, loading, only } = props;
  const columns = useRunningColumns();
  const { data, error, refetch } = useQuery({
    queryKey: ['workers', 'others'],
    queryFn: api.workers,
    refetchInterval: 5000,
  });
  const args = useArguments(workers);
  const rows = useMemo(() => {
    const held = (only ? [only] : workers).flatMap((worker) =>
      worker.jobs.map((job) => ({ ...job, worker })),
    );
    return (only ? held : [...held, ...(data?.others ?? [])]).map((job) => ({
      ...job,
      args: args.get(job.jid),
    }));
  }, [workers, only, data, args]);
  return (
    <div className="mt-8">
      <Section
        title={only ? t('workers.runningOf', { host: `${only.hostname} ${only.pid}` }) : t('workers.running')}
        actions={
          <>
            {only && (
              <button type="button" className="link text-sm" onClick={props.onAll}>
                {t('workers.allRunning')}
              </button>
            )}
            <ColumnMenu name="running" columns={columns} />
          </>
        }
      >
        {error && <ErrorNote problem={error} again={() => void refetch()} />}
        <Table<Running>
          name="running"
          label={t('workers.running')}
          rows={rows}
          rowKey={jidOf}
          columns={columns}
          sort={{ id: 'elapsed', desc: true }}
          onOpen={(job) => go(jobHref(job.jid))}
          loading={rows.length === 0 && !error && (loading || (!only && data === undefined))}
          empty={!error && <Empty title={t('workers.noJobs')} />}
        />
      </Section>
    </div>
  );
}

/**
 * Hook: the arguments of running jobs, by jid. Live updates of workers have no arguments, so they are
 * fetched as soon as a new job appears, because many jobs end in less than a second.
 */
function useArguments(workers: readonly WorkerStatus[]): ReadonlyMap<string, string> {
  const { data, refetch } = useQuery({
    queryKey: ['jobs', 'working'],
    queryFn: ({ signal }) => api.jobs({ places: ['working'], limit: mostWithArgs }, signal),
    refetchInterval: 5000,
  });
  const args = useMemo(
    () => new Map(data?.jobs.map((job) => [job.jid, job.args_cut ? `${job.args}…` : job.args])),
    [data],
  );
  const known = useRef(args);
  known.current = args;
  const loaded = useRef(false);
  loaded.current = data !== undefined && data.jobs.length < mostWithArgs;
  useEffect(() => {
    const lacks = workers.some(({ jobs }) => jobs.some(({ jid }) => !known.current.has(jid)));
    if (lacks && loaded.current) void refetch({ cancelRefetch: false });
  }, [workers, refetch]);
  return args;
}
