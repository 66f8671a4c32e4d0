/**
 * The explorer: all jobs in all states by any filter, and actions on the selected jobs or on all
 * matching jobs.
 *
 * The address holds the filter. While rows are selected the list does not change.
 */
import { RotateCw } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';
import { useOneInAddress } from '../address.ts';
import {
  type Filter,
  isOfFailed,
  jobInHref,
  jobsHref,
  type Order,
  readFilter,
  writeFilter,
} from '../filter.ts';
import { useLive } from '../live.ts';
import { exact } from '../numbers.ts';
import { Button, IconButton } from '../parts/button.tsx';
import { Empty, ErrorNote } from '../parts/notes.tsx';
import { PageHead } from '../parts/section.tsx';
import { SelectionBar } from '../parts/selection-bar.tsx';
import { Table } from '../parts/table.tsx';
import { ColumnMenu } from '../parts/table-columns.tsx';
import { useCan } from '../session.tsx';
import { usePage } from '../shell/title.ts';
import { useZone } from '../time.tsx';
import { JobActions } from './jobs/actions.tsx';
import { useJobColumns } from './jobs/columns.tsx';
import { FilterBar } from './jobs/filter-bar.tsx';
import { few } from './jobs/filter-lines.ts';
import { type Rows, rowKey, useRows } from './jobs/rows.ts';

const none: ReadonlySet<string> = new Set();
const orders = ['failed', 'due'] as const;
/** Jobs that a worker is running cannot be changed. */
const changeable = ['scheduled', 'ready', 'retries', 'dead'] as const;

export default function Jobs(): ReactNode {
  const { t } = useTranslation();
  const search = useSearch();
  const { zone } = useZone();
  const filter = useMemo(() => readFilter(search, zone), [search, zone]);
  usePage(t('shell.pages.jobs'));
  const [, go] = useLocation();
  return (
    <>
      <PageHead title={t('shell.pages.jobs')} />
      <FilterBar filter={filter} onChange={(next) => go(jobsHref(next))} />
      {/* Another filter is another list: the selection starts empty. */}
      <Results key={writeFilter(filter)} filter={filter} />
    </>
  );
}

function Results({ filter }: { filter: Filter }): ReactNode {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const [selected, setSelected] = useState(none);
  const [everything, setEverything] = useState(false);
  const [order, setOrder] = useOneInAddress('order', 'failed', orders);
  const rows = useRows(filter, order, selected.size > 0 || everything);
  const columns = useJobColumns(filter);
  const failed = isOfFailed(filter);
  // Each kind of list stores its own choice of columns.
  const name = failed ? 'failed-jobs' : filter.places?.join() === 'working' ? 'working-jobs' : 'jobs';
  const can = useCan('operate');
  useEffect(() => {
    // After a refresh, selected jobs may be gone.
    const left = rows.rows.map(rowKey).filter((key) => selected.has(key));
    if (left.length < selected.size) setSelected(new Set(left));
  }, [rows.rows, selected]);
  const clear = (): void => {
    setSelected(none);
    setEverything(false);
  };
  return (
    <>
      <div className="mt-2 flex min-h-8 flex-wrap items-center gap-x-3">
        <Progress rows={rows} />
        <span className="ms-auto" />
        <Found rows={rows} />
        <IconButton icon={RotateCw} label={t('jobs.refresh')} onClick={rows.again} />
        {failed && <OrderChoice value={order} onChange={setOrder} />}
        <ColumnMenu name={name} columns={columns} />
      </div>
      {rows.problem && <ErrorNote problem={rows.problem} again={rows.again} />}
      {filter.places?.length === 1 && filter.places[0] === 'dead' && <Evicted />}
      <Table
        name={name}
        label={t('jobs.list')}
        rows={rows.rows}
        rowKey={rowKey}
        columns={columns}
        onOpen={(job) => go(jobInHref(job))}
        onEnd={rows.more ? rows.want : undefined}
        loading={rows.searching && rows.rows.length === 0}
        empty={<Nothing filtered={writeFilter(filter) !== ''} />}
        {...(can && { selected, onSelect: setSelected })}
      />
      <Selection
        {...{ filter, rows, selected, everything, clear }}
        onEverything={() => setEverything(true)}
      />
    </>
  );
}

function OrderChoice({ value, onChange }: { value: Order; onChange: (order: Order) => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <select
      aria-label={t('jobs.order')}
      value={value}
      onChange={(event) => onChange(event.target.value === 'due' ? 'due' : 'failed')}
      className="field h-8 text-sm"
    >
      {orders.map((order) => (
        <option key={order} value={order}>
          {t(`jobs.orders.${order}`)}
        </option>
      ))}
    </select>
  );
}

/** The number of shown jobs, announced to screen readers. */
function Found({ rows: { rows, more, searching } }: { rows: Rows }): ReactNode {
  const { t } = useTranslation();
  return (
    <p role="status" className="min-w-24 text-end text-sm text-faint tabular">
      {searching && rows.length === 0 ? '' : t('jobs.loaded', { count: rows.length })}
      {more && rows.length > 0 && <span> {t('jobs.andMore')}</span>}
    </p>
  );
}

/** The progress of a running search. */
function Progress({ rows }: { rows: Rows }): ReactNode {
  const { t } = useTranslation();
  const { scanned, total, searching, stopped, more } = rows;
  const part = total === 0 ? 0 : Math.min(1, scanned / total);
  const words = t('jobs.looked', { scanned: exact(scanned), total: exact(total) });
  return (
    <div className="flex h-[24px] items-center gap-3 text-sm text-soft">
      {((searching && scanned > 0) || stopped) && (
        <>
          <progress aria-label={words} value={part} className="h-1 w-40" />
          <span className="tabular">{words}</span>
          {more && (
            <Button small tone="quiet" onClick={stopped ? rows.goOn : rows.stop}>
              {t(stopped ? 'jobs.goOn' : 'jobs.stop')}
            </Button>
          )}
        </>
      )}
    </div>
  );
}

/** Says how many dead jobs the server evicted, for users who search for one of them. */
function Evicted(): ReactNode {
  const { t } = useTranslation();
  const stats = useLive('stats');
  if (!stats || stats.dead_evicted === 0) return null;
  const words = { limit: exact(stats.dead_limit), number: exact(stats.dead_evicted) };
  return <p className="mb-2 text-sm text-dead">{t('jobs.evicted', words)}</p>;
}

function Nothing({ filtered }: { filtered: boolean }): ReactNode {
  const { t } = useTranslation();
  return (
    <Empty title={t(filtered ? 'jobs.none' : 'jobs.nothing')}>
      <p>{t(filtered ? 'jobs.noneBody' : 'jobs.nothingBody')}</p>
    </Empty>
  );
}

function Selection(props: {
  filter: Filter;
  rows: Rows;
  selected: ReadonlySet<string>;
  everything: boolean;
  clear: () => void;
  onEverything: () => void;
}): ReactNode {
  const { t } = useTranslation();
  const { filter, rows, selected, everything, clear } = props;
  const chosen = rows.rows.filter((row) => selected.has(rowKey(row)));
  const free = chosen.filter(({ place }) => place !== 'working');
  const places = everything
    ? changeable.filter((place) => filter.places?.includes(place) ?? true)
    : [...new Set(free.map(({ place }) => place))];
  const queues = [...new Set(free.map(({ queue }) => queue))];
  const target: Filter = everything
    ? { ...filter, places }
    : { places, queues, jids: [...new Set(free.map(({ jid }) => jid))] };
  const about = few(free.map(({ display, jid }) => `${display} ${jid}`));
  const known = places.length === 0 ? 0 : everything ? undefined : free.length;
  const some = selected.size > 0 ? t('jobs.selected', { count: chosen.length }) : undefined;
  return (
    <SelectionBar label={everything ? t('jobs.allMatching') : some} onClear={clear}>
      {!everything && (
        <button type="button" className="link me-2 text-sm" onClick={props.onEverything}>
          {t('jobs.selectMatching')}
        </button>
      )}
      <JobActions
        filter={target}
        onDone={clear}
        {...(!everything && { about })}
        {...(known !== undefined && { count: known })}
      />
    </SelectionBar>
  );
}
