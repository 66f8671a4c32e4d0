/**
 * FETCH: takes a job now, or waits up to two seconds for one.
 *
 * The job is reserved before the reply is sent, so after a crash it is in its queue or in the
 * working set. If the connection closes before its job arrives, the caller gives the job back, and
 * no attempt is used.
 */
import type { Engine, FetchAsk, Reservation } from '../engine/engine.ts';
import type { Tail } from './tail.ts';
import type { Mark, Waiting } from './waiting.ts';

/** A fetch as the connection asks for it. */
export interface FetchCall {
  /** Tried in this order; empty: only wait (a quiet worker). */
  readonly queues: readonly string[];
  readonly wid: string;
  /** The worker's login; absent: none. */
  readonly owner?: string;
  /** The reservation lasts as long as the worker sends beats. */
  readonly lease?: boolean;
  /** Aborted when the answer will not be read. */
  readonly signal: AbortSignal;
}

/** The services that a fetch uses. */
export interface FetchServices {
  readonly engine: Engine;
  readonly waiting: Waiting;
  readonly tail: Tail;
}

// Clients give up after four to five seconds.
const LONGEST_WAIT = 2000; // ms

/** Returns a reserved job; undefined: none came within the wait. */
export async function fetch(services: FetchServices, call: FetchCall): Promise<Reservation | undefined> {
  const { engine, waiting, tail } = services;
  const mark = waiting.mark;
  const queues = waiting.withoutWaiters(call.queues);
  if (queues.length === 0) return wait(services, call, mark);
  const taken = await engine.fetch(askOf(call, queues));
  if (!taken) return wait(services, call, mark);
  if (tail.watched) tail.fetched([taken]);
  return taken;
}

/** Takes up to `count` jobs in one commit. Waits like {@link fetch} if there is none. */
export async function fetchBulk(
  services: FetchServices,
  call: FetchCall,
  count: number,
): Promise<readonly Reservation[]> {
  const { mark } = services.waiting;
  const taken = await takeUpTo(services, call, count);
  if (taken.length > 0) return taken;
  const first = await wait(services, call, mark);
  if (!first) return [];
  if (call.signal.aborted) return [first]; // the connection closed or sent another line
  return [first, ...(await takeUpTo(services, call, count - 1))];
}

async function takeUpTo(
  { engine, waiting, tail }: FetchServices,
  call: FetchCall,
  count: number,
): Promise<readonly Reservation[]> {
  const queues = waiting.withoutWaiters(call.queues);
  if (queues.length === 0 || count === 0) return [];
  const taken = await engine.fetchMany(askOf(call, queues), count);
  tail.fetched(taken);
  return taken;
}

async function wait(
  { engine, waiting, tail }: FetchServices,
  call: FetchCall,
  since: Mark,
): Promise<Reservation | undefined> {
  const { queues, signal } = call;
  const until = performance.now() + LONGEST_WAIT;
  const waiter = waiting.join(queues);
  let mark = since;
  let owed: string | undefined; // queue of a wake-up that this fetch has not used yet
  try {
    for (;;) {
      if (!waiting.unclaimedSince(mark, queues)) {
        owed = await waiting.next(waiter, until - performance.now(), signal);
        if (owed === undefined) return undefined;
      }
      mark = waiting.mark;
      if (signal.aborted) return undefined;
      const taken = await engine.fetch(askOf(call, queues));
      if (!taken || taken.queue === owed) owed = undefined;
      if (taken) {
        if (tail.watched) tail.fetched([taken]);
        return taken;
      }
    }
  } finally {
    waiting.leave(waiter);
    if (owed !== undefined) waiting.signal(owed, 1);
  }
}

function askOf({ wid, owner = '', lease = false }: FetchCall, queues: readonly string[]): FetchAsk {
  return { queues, wid, owner, lease };
}
