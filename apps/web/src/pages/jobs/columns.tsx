/** The columns of a list of jobs. All content of a job is shown as plain text. */
import type { JobPlace, JobRow } from '@faktory-ts/protocol';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { type Filter, isOfFailed, jobInHref, workerHref } from '../../filter.ts';
import { PriorityMark, StateBadge } from '../../parts/state.tsx';
import type { Column } from '../../parts/table.tsx';
import { Time } from '../../time.tsx';

/** The time shown in a list of all states; for a dead job the time at which it died. */
const newsOf = ({ place, at, failed_at }: JobRow): string => (place === 'dead' && failed_at ? failed_at : at);

type Label = (id: keyof typeof words) => string;

/** The future time of failed jobs: the next retry, and when a dead job is deleted. */
const endsOf = (label: Label, places: readonly JobPlace[]): Column<JobRow>[] =>
  (['retries', 'dead'] as const)
    .filter((place) => places.includes(place))
    .map((place) => ({
      id: place === 'dead' ? 'forgotten' : 'retry',
      label: label(place === 'dead' ? 'forgotten' : 'retry'),
      width: '120px',
      end: true,
      optional: place === 'dead',
      cell: (row) => row.place === place && <Time at={row.at} />,
    }));

/** All columns; less common ones are optional. */
export function useJobColumns(filter: Filter): readonly Column<JobRow>[] {
  const { t } = useTranslation();
  const label: Label = (id) => t(words[id]);
  const failed = isOfFailed(filter);
  const working = filter.places?.join() === 'working';
  return [
    {
      id: 'job',
      label: label('job'),
      width: 'minmax(150px, 1.2fr)',
      main: true,
      cell: ({ display, jobtype, jid, place }) => (
        <Link
          href={jobInHref({ jid, place })}
          dir="auto"
          tabIndex={-1} // the row has the focus, and Enter opens it
          className="block truncate font-medium hover:underline"
          data-tip={display === jobtype ? undefined : jobtype}
        >
          {display}
        </Link>
      ),
    },
    { id: 'place', label: label('place'), width: '104px', cell: ({ place }) => <StateBadge place={place} /> },
    {
      id: 'args',
      label: label('args'),
      width: 'minmax(160px, 2.4fr)',
      cell: ({ args, args_cut }) => (
        <code className="block truncate text-soft">{args_cut ? `${args}…` : args}</code>
      ),
    },
    {
      id: 'error',
      label: label('error'),
      width: 'minmax(120px, 1.6fr)',
      cell: ({ failure }) =>
        failure && (
          <span dir="auto" className="block truncate text-soft" data-tip={failure.message}>
            <span className="font-medium text-ink">{failure.errtype}</span> {failure.message}
          </span>
        ),
    },
    {
      id: 'queue',
      label: label('queue'),
      width: 'minmax(84px, 0.7fr)',
      cell: ({ queue }) => (
        <span dir="auto" className="block truncate">
          {queue}
        </span>
      ),
    },
    {
      id: 'priority',
      label: label('priority'),
      width: '72px',
      cell: ({ priority }) => <PriorityMark priority={priority} />,
    },
    {
      id: 'failed',
      label: label('failed'),
      width: '100px',
      end: true,
      optional: !failed,
      cell: ({ failed_at }) => <Time at={failed_at} />,
    },
    ...(failed
      ? endsOf(label, filter.places ?? [])
      : [
          {
            id: 'at',
            label: working ? t('workers.started') : label('at'),
            width: '100px',
            end: true,
            cell: (row: JobRow) => <Time at={newsOf(row)} />,
          },
        ]),
    {
      id: 'tries',
      label: label('tries'),
      width: '56px',
      end: true,
      optional: true,
      cell: ({ failure }) => failure && failure.count + 1,
    },
    {
      id: 'jid',
      label: label('jid'),
      width: 'minmax(120px, 1fr)',
      optional: true,
      cell: ({ jid }) => <code className="block truncate">{jid}</code>,
    },
    {
      id: 'wid',
      label: label('wid'),
      width: 'minmax(90px, 0.7fr)',
      optional: !working,
      cell: ({ wid }) =>
        wid && (
          <Link href={workerHref(wid)} tabIndex={-1} className="block truncate hover:underline">
            <code>{wid}</code>
          </Link>
        ),
    },
    {
      id: 'created',
      label: label('created'),
      width: '92px',
      end: true,
      optional: true,
      cell: ({ created_at }) => <Time at={created_at} />,
    },
    {
      id: 'enqueued',
      label: label('enqueued'),
      width: '92px',
      end: true,
      optional: true,
      cell: ({ enqueued_at }) => <Time at={enqueued_at} />,
    },
  ];
}

const words = {
  job: 'jobs.columns.job',
  place: 'jobs.columns.place',
  args: 'jobs.columns.args',
  queue: 'jobs.columns.queue',
  priority: 'jobs.columns.priority',
  at: 'jobs.columns.at',
  retry: 'jobs.columns.retry',
  forgotten: 'jobs.columns.forgotten',
  failed: 'jobs.columns.failed',
  error: 'jobs.columns.error',
  tries: 'jobs.columns.tries',
  jid: 'jobs.columns.jid',
  wid: 'jobs.columns.wid',
  created: 'jobs.columns.created',
  enqueued: 'jobs.columns.enqueued',
} as const;
