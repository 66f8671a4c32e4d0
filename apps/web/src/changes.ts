/**
 * Changes many jobs: repeats the request until the server has changed all of them, and keeps the
 * id for the undo. Callers confirm first.
 *
 * All requests of one change have the same undo id. An aborted change keeps what it has done so
 * far; the undo restores that.
 */
import type { JobAction } from '@faktory-ts/protocol';
import { api } from './api.ts';
import type { Filter } from './filter.ts';

/** The progress of work over many jobs. */
export interface Progress {
  /** Jobs counted, changed or restored so far. */
  jobs: number;
  /** 0 to 1. */
  part: number;
  finished: boolean;
}

const mostNames = 1000; // in the list of one request

type Report = (progress: Progress) => void;
const partOf = ({ scanned, total }: { scanned: number; total: number }) =>
  Math.min(1, scanned / Math.max(1, total));

/** Counts the matching jobs; reports progress. */
export async function countJobs(filter: Filter, report: Report, signal?: AbortSignal): Promise<number> {
  let jobs = 0;
  let cursor: string | undefined;
  do {
    const bite = await api.countJobs({ ...filter, ...(cursor && { cursor }) }, signal);
    jobs += bite.count;
    cursor = bite.next;
    report({ jobs, part: cursor ? partOf(bite) : 1, finished: !cursor });
  } while (cursor);
  return jobs;
}

/** The number of changed jobs, and the id to undo the change. */
export interface Changed {
  jobs: number;
  undo: string;
}

/** Changes the matching jobs; reports progress. */
export async function changeJobs(
  filter: Filter,
  action: JobAction,
  report: Report = () => undefined,
  signal?: AbortSignal,
): Promise<Changed> {
  const undo = newName();
  const parts = partsOf(filter);
  let jobs = 0;
  for (const [done, part] of parts.entries()) {
    let cursor: string | undefined;
    do {
      const bite = await api.changeJobs({ ...part, ...action, undo, ...(cursor && { cursor }) }, signal);
      jobs += bite.changed;
      cursor = bite.next;
      const finished = !cursor && done === parts.length - 1;
      report({ jobs, part: (done + (cursor ? partOf(bite) : 1)) / parts.length, finished });
    } while (cursor);
  }
  return { jobs, undo };
}

/**
 * Splits a filter into filters that name at most as many jobs as the server accepts in one
 * request.
 */
function partsOf(filter: Filter): Filter[] {
  const { jids = [], queues = [], ...rest } = filter;
  if (jids.length <= mostNames) return [filter];
  // With jids, queues only tell the server where to search first.
  const where = queues.length <= mostNames ? { ...rest, queues } : rest;
  return Array.from({ length: Math.ceil(jids.length / mostNames) }, (_, part) => ({
    ...where,
    jids: jids.slice(part * mostNames, (part + 1) * mostNames),
  }));
}

/** Undoes a change; jobs that changed state since then are not touched (`kept`). */
export async function undoChange(name: string): Promise<{ undone: number; kept: number }> {
  let undone = 0;
  let kept = 0;
  for (;;) {
    const bite = await api.undo(name);
    undone += bite.undone;
    kept += bite.kept;
    if (bite.left === 0 || bite.undone + bite.kept === 0) return { undone, kept };
  }
}

/** randomUUID exists only on pages from HTTPS or localhost. */
function newName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
