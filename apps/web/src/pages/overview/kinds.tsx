/**
 * What ran in the time span, by jobtype and queue, with links to the jobs.
 *
 * Note: the failed share counts executions, not jobs: a failed job may succeed in a retry. The
 * server counts executions that moved a job to dead separately.
 */
import type { KindRow } from '@faktory-ts/protocol';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { api, type Span } from '../../api.ts';
import { jobsHref, queueHref } from '../../filter.ts';
import { failuresOf } from '../../history-rates.ts';
import { count, share } from '../../numbers.ts';
import { Empty, ErrorNote } from '../../parts/notes.tsx';
import { Section } from '../../parts/section.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { ColumnMenu } from '../../parts/table-columns.tsx';

const tableName = 'kinds';
const fewest = 10; // rows shown at first
/** The row of all jobtypes that the server counts together, because there are too many. */
const other = 'other';
const runs = (kind: KindRow) => kind.done + failuresOf(kind);
const failedShare = (kind: KindRow) => failuresOf(kind) / Math.max(1, runs(kind));
const keyOf = (kind: KindRow) => `${kind.queue} ${kind.jobtype}`;

/** The table. */
export function Kinds({ span }: { span: Span }): ReactNode {
  const { t } = useTranslation();
  const columns = useColumns();
  const { data, error, refetch, isPending } = useQuery({
    queryKey: ['kinds', span],
    queryFn: () => api.kinds(span),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
  const [all, setAll] = useState(false);
  const kinds = useMemo(() => [...(data?.kinds ?? [])].sort((a, b) => runs(b) - runs(a)), [data]);
  const more = kinds.length - fewest;
  return (
    <Section title={t('overview.kinds')} actions={<ColumnMenu name={tableName} columns={columns} />}>
      {error && <ErrorNote problem={error} again={() => void refetch()} />}
      <Table
        name={tableName}
        label={t('overview.kindsTable')}
        rows={all ? kinds : kinds.slice(0, fewest)}
        rowKey={keyOf}
        columns={columns}
        loading={isPending}
        sort={{ id: 'done', desc: true }}
        empty={!error && <Empty title={t('overview.kindsEmpty')} />}
      />
      {more > 0 && (
        <button type="button" className="link mt-2 text-sm" onClick={() => setAll(!all)}>
          {all ? t('overview.kindsFewer', { count: fewest }) : t('parts.showMore', { count: more })}
        </button>
      )}
    </Section>
  );
}

function useColumns(): Column<KindRow>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: 'jobtype',
        label: t('overview.jobtype'),
        width: 'minmax(120px, 3fr)',
        main: true,
        sort: (kind) => kind.jobtype,
        cell: ({ jobtype }) =>
          jobtype === other ? (
            <span className="block truncate">{t('overview.kindsOther')}</span>
          ) : (
            <Link
              href={jobsHref({ jobtypes: [jobtype] })}
              dir="auto"
              className="block truncate hover:underline"
            >
              {jobtype}
            </Link>
          ),
      },
      {
        id: 'queue',
        label: t('overview.queue'),
        width: 'minmax(80px, 2fr)',
        sort: (kind) => kind.queue,
        cell: ({ queue, jobtype }) =>
          queue === other && jobtype === other ? null : (
            <Link href={queueHref(queue)} dir="auto" className="block truncate text-soft hover:underline">
              {queue}
            </Link>
          ),
      },
      number('pushed', t('overview.pushed'), (kind) => kind.pushed),
      number('done', t('overview.doneLine'), (kind) => kind.done),
      number('failed', t('overview.failed'), failuresOf),
      {
        id: 'share',
        label: t('overview.failedShare'),
        width: '84px',
        end: true,
        sort: failedShare,
        cell: (kind) => (
          <span className={`tabular ${failedShare(kind) >= 0.1 ? 'font-medium text-dead' : 'text-soft'}`}>
            {share(failedShare(kind))}
          </span>
        ),
      },
      number('dead', t('overview.deadCount'), (kind) => kind.dead),
    ],
    [t],
  );
}

const number = (id: string, label: string, of: (kind: KindRow) => number): Column<KindRow> => ({
  id,
  label,
  width: '64px',
  end: true,
  sort: of,
  cell: (kind) => <span className="tabular">{count(of(kind))}</span>,
});
