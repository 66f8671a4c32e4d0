/*
 * What operators are told of queues, workers and what happens: the shapes and requests of QUEUES, WORKERS, SIGNAL and TAIL. It must never act on
 * them. A stranger would get wrong that a signal reaches its worker with the answer to its next BEAT, and that TAIL is asked again and
 * again, each time for what came after the last answer.
 */

import type { WorkerState } from './command.ts';
import { FaktoryError } from './errors.ts';
import { readRest } from './extension.ts';
import { boundedStringsIn, integerIn, type Payload, readPayload, stringIn, stringsIn } from './payload.ts';

/** A queue as QUEUES tells of it: its answer is an array of them, by name. */
export interface QueueStatus {
  name: string;
  /** Jobs that are ready in it. */
  size: number;
  paused: boolean;
  /** Seconds that its longest-waiting job has waited. */
  latency: number;
}

/** A job that somebody runs. Times are RFC 3339. */
export interface RunningJob {
  jid: string;
  jobtype: string;
  queue: string;
  /** Who has it; empty: a producer. */
  wid: string;
  started_at: string;
  /** When its reservation ends; absent: as long as its worker beats. */
  expires_at?: string;
}

/** A worker as the server knows it. Times are RFC 3339. */
export interface WorkerStatus {
  wid: string;
  hostname: string;
  pid: number;
  labels: readonly string[];
  /** What its last FETCH or FETCHB asked for, in this order; empty until then. */
  queues: readonly string[];
  state: WorkerState;
  /** Its first HELLO. */
  started_at: string;
  /** Its last BEAT, or that HELLO. */
  last_beat: string;
  /** 0: it does not say. */
  rss_kb: number;
  /** Longest time that its event loop stood still between its last two beats, milliseconds; 0: it does not say. */
  lag_ms: number;
  /** Jobs that it runs at once; 0: it does not say. */
  slots: number;
  connections: number;
  /** The longest-running first. */
  jobs: RunningJob[];
}

/** The answer to WORKERS. */
export interface WorkersStatus {
  workers: WorkerStatus[];
  /** Jobs whose worker is not connected, or that a producer took. */
  others: RunningJob[];
}

/** What can happen to a job; `promoted` is told by set, with how many. */
export const eventKinds = ['pushed', 'fetched', 'done', 'failed', 'dead', 'released', 'promoted'] as const;
/** One of {@link eventKinds}. */
export type EventKind = (typeof eventKinds)[number];

/** Something that happened. */
export interface JobEvent {
  kind: EventKind;
  /** RFC 3339. */
  at: string;
  jid?: string;
  jobtype?: string;
  queue?: string;
  /** Who had the job. */
  wid?: string;
  /** Of a push: when it is due; of a failure: the next try. RFC 3339. */
  due?: string;
  /** Type and message of the failure. */
  error?: string;
  /** Of `promoted`: out of which set, and how many. */
  set?: 'scheduled' | 'retries';
  count?: number;
  /** As JSON text, its first 1000 characters; only when asked for. */
  args?: string;
}

/** What TAIL is asked. */
export interface TailAsk {
  /** The `next` of the last answer; absent: from now on. */
  after?: number;
  kinds?: readonly EventKind[];
  queues?: readonly string[];
  jobtypes?: readonly string[];
  /** Arguments too. */
  args?: boolean;
}

/** The answer to TAIL. */
export interface TailedEvents {
  events: JobEvent[];
  next: number;
  /** What happened between `after` and these was not kept: nobody had asked for a while, or it was too much. */
  missed?: boolean;
}

/** Reads what follows `SIGNAL `: for one worker, or `all`. Throws `MALFORMED`. */
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

/** Reads what follows `TAIL `; nothing means everything from now on. Throws `MALFORMED`. */
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
