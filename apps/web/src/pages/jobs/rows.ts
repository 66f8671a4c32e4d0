/**
 * The rows of a job search, fetched in parts: the first rows show at once, and a slow search shows
 * its progress. It stops when enough rows are there.
 *
 * Note: a part may have no rows and still not be the last.
 */
import type { JobRow } from '@faktory-ts/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { api } from '../../api.ts';
import { type Filter, isOfFailed, type Order, writeFilter } from '../../filter.ts';
import { useLive } from '../../live.ts';
import { useLookAgainAt } from '../../look-again.ts';

const bite = 100; // rows
const least = 2000; // ms between two refreshes
const mostToLookAgain = 2; // parts; a longer list is refreshed only on request

/** The state of a list of jobs. */
export interface Rows {
  readonly rows: readonly JobRow[];
  /** Jobs searched so far, and jobs to search in all. */
  readonly scanned: number;
  readonly total: number;
  /** Fetching rows that the user waits for. */
  readonly searching: boolean;
  /** There may be more rows. */
  readonly more: boolean;
  readonly problem: Error | null;
  readonly stopped: boolean;
  stop(): void;
  goOn(): void;
  /** Requests more rows. */
  want(): void;
  again(): void;
}

/** The key of a row. Not the jid alone: for a moment a job may be listed in two states. */
export const rowKey = ({ place, jid, at }: JobRow): string => `${place} ${jid} ${at}`;

/** The rows of a filter; `still`: do not refresh them. */
export function useRows(filter: Filter, order: Order, still: boolean): Rows {
  const search = writeFilter(filter);
  const byFailure = order === 'failed' && isOfFailed(filter);
  const [wanted, setWanted] = useState(bite);
  const [stopped, setStopped] = useState(false);
  useEffect(() => {
    void search;
    setWanted(bite);
    setStopped(false);
  }, [search]);
  const query = useInfiniteQuery({
    queryKey: ['jobs', search, byFailure],
    queryFn: ({ pageParam, signal }) =>
      api.jobs(
        {
          ...filter,
          limit: bite,
          ...(byFailure && { order: 'failed' }),
          ...(pageParam && { cursor: pageParam }),
        },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  });
  const { data, hasNextPage: more, isFetching, fetchNextPage, refetch } = query;
  const rows = useMemo(() => unique(data?.pages.flatMap(({ jobs }) => jobs) ?? []), [data]);
  const short = rows.length < wanted && more && !stopped;
  useEffect(() => {
    if (short && !isFetching) void fetchNextPage();
  }, [short, isFetching, fetchNextPage]);
  const tooLong = (data?.pages.length ?? 0) > mostToLookAgain;
  useLookAgainAt(useFigures(), () => void refetch(), least, still || tooLong);
  const last = data?.pages.at(-1);
  return {
    rows,
    scanned: last?.scanned ?? 0,
    total: last?.total ?? 0,
    searching: query.isPending || short,
    more,
    problem: query.error,
    stopped,
    stop: () => setStopped(true),
    goOn: () => setStopped(false),
    want: useCallback(() => setWanted((now) => Math.max(now, rows.length + bite)), [rows.length]),
    again: () => void refetch(),
  };
}

/** A job that moved between two requests is in both parts: keep the later row. */
function unique(rows: readonly JobRow[]): readonly JobRow[] {
  return [...new Map(rows.map((row) => [rowKey(row), row])).values()];
}

/** The counts that change when a list may have changed. */
function useFigures(): string | undefined {
  const stats = useLive('stats');
  return (
    stats &&
    [
      stats.pushed,
      stats.processed,
      stats.ready,
      stats.scheduled,
      stats.retries,
      stats.dead,
      stats.working,
    ].join()
  );
}
