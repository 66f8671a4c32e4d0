/**
 * The jobs of one queue in the order in which workers get them; changing the priority moves a job.
 *
 * Positions count from 1 among the jobs at this moment.
 */
import type { JobRow } from '@faktory-ts/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { ChevronsUpDown } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { useAct } from '../../acting.ts';
import { api } from '../../api.ts';
import { jobHref } from '../../filter.ts';
import { useLive } from '../../live.ts';
import { useLookAgainAt } from '../../look-again.ts';
import { exact } from '../../numbers.ts';
import { Empty, ErrorNote } from '../../parts/notes.tsx';
import { SelectionBar } from '../../parts/selection-bar.tsx';
import { PriorityMark } from '../../parts/state.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { useCan } from '../../session.tsx';
import { Time } from '../../time.tsx';
import { PriorityMenu } from './priority-menu.tsx';

const limit = 100;
const settled = 1000; // ms between two refreshes

type Turn = JobRow & { turn: number };
const keyOf = (job: JobRow) => job.jid;

/** The list. */
export function QueueJobs({ name }: { name: string }): ReactNode {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const can = useCan('operate');
  const columns = useColumns(can);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { data, error, isPending, isFetchingNextPage, hasNextPage, fetchNextPage, refetch } =
    useInfiniteQuery({
      queryKey: ['jobs', 'of', name],
      queryFn: ({ pageParam, signal }) =>
        api.jobs(
          { places: ['ready'], queues: [name], limit, ...(pageParam && { cursor: pageParam }) },
          signal,
        ),
      initialPageParam: '',
      getNextPageParam: (last) => last.next,
    });
  const queue = useLive('queues')?.[name];
  // Only while one part is loaded, because a refresh would fetch all parts again.
  useLookAgainAt(queue, () => void refetch(), settled, (data?.pages.length ?? 1) > 1);
  const rows = useMemo(() => {
    const jobs = data?.pages.flatMap((page) => page.jobs) ?? [];
    return [...new Map(jobs.map((job) => [job.jid, job])).values()].map((job, i) => ({
      ...job,
      turn: i + 1,
    }));
  }, [data]);
  const more = hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined;
  return (
    <>
      {error && <ErrorNote problem={error} again={() => void refetch()} />}
      <Table<Turn>
        name="queue"
        label={t('queues.jobs')}
        rows={rows}
        rowKey={keyOf}
        columns={columns}
        loading={isPending || isFetchingNextPage}
        onEnd={more}
        onOpen={(job) => go(jobHref(job.jid))}
        empty={<Empty title={t('queues.jobsNone')}>{t('queues.jobsNoneBody')}</Empty>}
        {...(can && { selected, onSelect: setSelected })}
      />
      {can && (
        <Bar
          jids={rows.filter(({ jid }) => selected.has(jid)).map(keyOf)}
          onClear={() => setSelected(new Set())}
        />
      )}
    </>
  );
}

function Bar({ jids, onClear }: { jids: readonly string[]; onClear: () => void }): ReactNode {
  const { t } = useTranslation();
  const act = useAct();
  const prioritize = async (priority: number) => {
    const filter = { places: ['ready'], jids } as const;
    if ((await act(filter, { action: 'prioritize', priority })) !== undefined) onClear();
  };
  return (
    <SelectionBar
      label={jids.length > 0 ? t('queues.selected', { count: jids.length }) : undefined}
      onClear={onClear}
    >
      <PriorityMenu
        label={t('queues.setPriorityOf', { count: jids.length })}
        words={t('actions.prioritize')}
        onChoose={(priority) => void prioritize(priority)}
      />
    </SelectionBar>
  );
}

function useColumns(can: boolean): Column<Turn>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: 'turn',
        label: t('queues.turn'),
        width: '56px',
        end: true,
        cell: (job) => <span className="text-faint tabular">{exact(job.turn)}</span>,
      },
      {
        id: 'priority',
        label: t('queues.priority'),
        width: '76px',
        cell: (job) => (can ? <Priority job={job} /> : <PriorityMark priority={job.priority} />),
      },
      {
        id: 'job',
        label: t('queues.job'),
        width: 'minmax(120px, 2fr)',
        main: true,
        cell: (job) => (
          <Link
            href={jobHref(job.jid)}
            dir="auto"
            className="block truncate hover:underline"
            data-tip={job.jobtype}
          >
            {job.display}
          </Link>
        ),
      },
      {
        id: 'args',
        label: t('queues.args'),
        width: 'minmax(120px, 4fr)',
        cell: (job) => (
          <code className="block truncate text-soft">{job.args_cut ? `${job.args}…` : job.args}</code>
        ),
      },
      {
        id: 'jid',
        label: t('queues.jid'),
        width: 'minmax(100px, 200px)',
        optional: true,
        cell: (job) => <code className="block truncate text-soft">{job.jid}</code>,
      },
      {
        id: 'waited',
        label: t('queues.waited'),
        width: '112px',
        end: true,
        cell: (job) => <Time at={job.at} />,
      },
    ],
    [t, can],
  );
}

function Priority({ job }: { job: JobRow }): ReactNode {
  const { t } = useTranslation();
  const act = useAct();
  return (
    <PriorityMenu
      label={t('queues.setPriority', { priority: job.priority, jid: job.jid })}
      words={<PriorityMark priority={job.priority} />}
      icon={ChevronsUpDown}
      value={job.priority}
      onChoose={(priority) =>
        void act({ places: ['ready'], jids: [job.jid] }, { action: 'prioritize', priority })
      }
    />
  );
}
