/**
 * Types and parsers of QUEUES, WORKERS, SIGNAL and TAIL, by which operators watch the server.
 *
 * Note: a signal reaches its worker with the answer to the next BEAT. TAIL is repeated; each answer
 * has the events after the previous one.
 */

import type { WorkerState } from './command.ts';
import { FaktoryError } from './errors.ts';
import { readRest } from './extension.ts';
import { boundedStringsIn, integerIn, type Payload, readPayload, stringIn, stringsIn } from './payload.ts';

/** A queue in the answer to QUEUES, which is an array sorted by name. */
export interface QueueStatus {
  name: string;
  /** Number of ready jobs. */
  size: number;
  paused: boolean;
  /** Seconds that its oldest ready job has waited. */
  latency: number;
}

/** A reserved job. Times are RFC 3339. */
export interface RunningJob {
  jid: string;
  jobtype: string;
  queue: string;
  /** Its worker; empty for a client that is not a worker. */
  wid: string;
  started_at: string;
  /** When its reservation expires; absent: the reservation lasts as long as its worker beats. */
  expires_at?: string;
}

/** A worker as the server knows it. Times are RFC 3339. */
export interface WorkerStatus {
  wid: string;
  hostname: string;
  pid: number;
  labels: readonly string[];
  /** The queues of its last FETCH or FETCHB, in this order; empty before the first. */
  queues: readonly string[];
  state: WorkerState;
  /** Time of its first HELLO. */
  started_at: string;
  /** Time of its last BEAT, or of that HELLO. */
  last_beat: string;
  /** KiB; 0: not reported. */
  rss_kb: number;
  /** Longest block of its event loop between its last two beats, milliseconds; 0: not reported. */
  lag_ms: number;
  /** Number of jobs that it can run at once; 0: not reported. */
  slots: number;
  connections: number;
  /** The longest-running first. */
  jobs: RunningJob[];
}

/** The answer to WORKERS. */
export interface WorkersStatus {
  workers: WorkerStatus[];
  /** Jobs whose worker is not connected, or that a client without a worker id fetched. */
  others: RunningJob[];
}

/** The kinds of events. `promoted` is one event for a set, with the number of jobs. */
export const eventKinds = ['pushed', 'fetched', 'done', 'failed', 'dead', 'released', 'promoted'] as const;
/** One of {@link eventKinds}. */
export type EventKind = (typeof eventKinds)[number];

/** An event of a job. */
export interface JobEvent {
  kind: EventKind;
  /** RFC 3339. */
  at: string;
  jid?: string;
  jobtype?: string;
  queue?: string;
  /** The worker that had the job. */
  wid?: string;
  /** RFC 3339. For `pushed`: when the job is due; for `failed`: the next retry. */
  due?: string;
  /** Type and message of the failure. */
  error?: string;
  /** For `promoted`: the set that the jobs left; `count` is their number. */
  set?: 'scheduled' | 'retries';
  count?: number;
  /** JSON text, its first 1000 characters; only when requested. */
  args?: string;
}

/** The payload of TAIL. */
export interface TailAsk {
  /** The `next` of the previous answer; absent: from now on. */
  after?: number;
  kinds?: readonly EventKind[];
  queues?: readonly string[];
  jobtypes?: readonly string[];
  /** Include the arguments. */
  args?: boolean;
}

/** The answer to TAIL. */
export interface TailedEvents {
  events: JobEvent[];
  next: number;
  /**
   * Events between `after` and these were not kept: no TAIL had arrived for a while, or there were
   * too many.
   */
  missed?: boolean;
}

/** Parses the payload of SIGNAL: a worker's id or `all`, and the state. Throws `MALFORMED`. */
export function parseSignal(rest: string): { wid: string; state: 'quiet' | 'terminate' } {
  return readRest('SIGNAL', rest, (text) => {
    const fields = readPayload(text);
    const wid = stringIn(fields, 'wid') ?? '';
    const state = stringIn(fields, 'state');
    if (wid === '') throw wrong('"wid" must name a worker, or be all');
    if (state !== 'quiet' && state !== 'terminate') throw wrong('"state" must be quiet or terminate');
    return { wid, state };
  });
}

/** Parses the payload of TAIL; an empty one means every event from now on. Throws `MALFORMED`. */
export function parseTail(rest: string): TailAsk {
  return readRest('TAIL', rest, (text) => {
    const fields: Payload = text.trim() === '' ? new Map() : readPayload(text);
    const after = integerIn(fields, 'after');
    const kinds = stringsIn(fields, 'kinds') as EventKind[] | undefined;
    const unknown = kinds?.find((kind) => !eventKinds.includes(kind));
    if (unknown !== undefined) throw wrong(`"kinds" knows ${eventKinds.join(', ')}, not ${unknown}`);
    const queues = boundedStringsIn(fields, 'queues');
    const jobtypes = boundedStringsIn(fields, 'jobtypes');
    return {
      args: fields.get('args') === true,
      ...(after !== undefined && { after }),
      ...(kinds && { kinds }),
      ...(queues && { queues }),
      ...(jobtypes && { jobtypes }),
    };
  });
}

function wrong(problem: string): FaktoryError {
  return new FaktoryError('MALFORMED', problem);
}
