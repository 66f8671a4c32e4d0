/**
 * Workers as people are told of them, by the wire and by the web UI: what the roster knows of each, and what it has in hand.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatTime, type RunningJob, type WorkerStatus, type WorkersStatus } from '@faktory-ts/protocol';
import type { Found } from '../engine/engine.ts';
import type { WorkerRecord } from './roster.ts';

const AT_ONCE = 1000; // jobs in a turn of the event loop

type Running = Pick<Found, 'jid' | 'queue' | 'wid' | 'at' | 'expiresAt'> & { readonly jobtype: string };

/**
 * All of them, each with its jobs, and the jobs that others have. Both keep the order of `running`.
 * The event loop runs in between, and before the caller writes the answer.
 */
export async function workersStatus(
  records: readonly WorkerRecord[],
  running: readonly Running[],
): Promise<WorkersStatus> {
  const jobsOf = new Map<string, RunningJob[]>(records.map(({ wid }) => [wid, []]));
  const others: RunningJob[] = [];
  for (let from = 0; from < running.length; from += AT_ONCE) {
    for (const job of running.slice(from, from + AT_ONCE).map(runningJob))
      (jobsOf.get(job.wid) ?? others).push(job);
    await nextTurn();
  }
  return { workers: records.map((record) => workerStatus(record, jobsOf.get(record.wid) ?? [])), others };
}

function workerStatus(record: WorkerRecord, jobs: RunningJob[]): WorkerStatus {
  const { wid, hostname, pid, labels, queues, state, startedAt, lastBeat, rssKb, lagMs, slots, lines } =
    record;
  return {
    wid,
    hostname,
    pid,
    labels,
    queues,
    state,
    started_at: formatTime(startedAt),
    last_beat: formatTime(lastBeat),
    rss_kb: rssKb,
    lag_ms: lagMs,
    slots,
    connections: lines.size,
    jobs,
  };
}

function runningJob({ jid, jobtype, queue, wid = '', at, expiresAt }: Running): RunningJob {
  const ends = expiresAt === undefined ? {} : { expires_at: formatTime(expiresAt) };
  return { jid, jobtype, queue, wid, started_at: formatTime(at), ...ends };
}
