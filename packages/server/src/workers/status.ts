/**
 * Workers as people are told of them, by the wire and by the web UI: what the roster knows of each, and what it has in hand.
 */
import {
  formatTime,
  jobtypeOf,
  type RunningJob,
  type WorkerStatus,
  type WorkersStatus,
} from '@faktory-ts/protocol';
import type { Found } from '../engine/engine.ts';
import type { WorkerRecord } from './roster.ts';

/** All of them, each with its jobs, and the jobs that others have. Both keep the order of `running`. */
export function workersStatus(records: readonly WorkerRecord[], running: readonly Found[]): WorkersStatus {
  const jobsOf = new Map<string, RunningJob[]>(records.map(({ wid }) => [wid, []]));
  const others: RunningJob[] = [];
  for (const job of running.map(runningJob)) (jobsOf.get(job.wid) ?? others).push(job);
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

function runningJob({ jid, queue, wid = '', at, expiresAt, document }: Found): RunningJob {
  const jobtype = jobtypeOf(document);
  const ends = expiresAt === undefined ? {} : { expires_at: formatTime(expiresAt) };
  return { jid, jobtype, queue, wid, started_at: formatTime(at), ...ends };
}
