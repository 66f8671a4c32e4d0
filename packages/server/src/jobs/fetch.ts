/**
 * What FETCH means: take a job now, or wait up to two seconds for one.
 *
 * Reserve first, answer later: a crash at any line leaves the job in its queue or in the working set. A consumer that
 * is gone when its job arrives gives the job back to the head of the queue, with no attempt used.
 */
import type { Engine, FetchAsk, Reservation } from '../engine/engine.ts';
import type { Tail } from './tail.ts';
import type { Mark, Waiting } from './waiting.ts';

/** What a consumer wants, and how it can be lost. */
export interface FetchCall {
  /** In the order in which they are tried; empty means wait only (a quiet worker). */
  readonly queues: readonly string[];
  readonly wid: string;
  /** Whose that worker is. */
  readonly owner?: string;
  /** The reservation lasts with the worker's beats. */
  readonly lease?: boolean;
  /** Aborted when nobody will read the answer. */
  readonly signal: AbortSignal;
}

/** What a fetch needs. */
export interface FetchServices {
  readonly engine: Engine;
  readonly waiting: Waiting;
  readonly tail: Tail;
}

// Clients give up after four to five seconds.
const LONGEST_WAIT = 2000; // ms

/** A reserved job, or undefined after the wait. */
export async function fetch(services: FetchServices, call: FetchCall): Promise<Reservation | undefined> {
  const { engine, waiting, tail } = services;
  const mark = waiting.mark;
  const queues = waiting.withoutLine(call.queues);
  if (queues.length === 0) return wait(services, call, mark);
  const taken = await engine.fetch(askOf(call, queues));
  if (!taken) return wait(services, call, mark);
  if (tail.watched) tail.fetched([taken]);
  return taken;
}

/** Up to `count` jobs in one commit. Waits like {@link fetch} when there is none. */
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
  if (call.signal.aborted) return [first]; // the caller is gone, or has sent another line
  return [first, ...(await takeUpTo(services, call, count - 1))];
}

async function takeUpTo(
  { engine, waiting, tail }: FetchServices,
  call: FetchCall,
  count: number,
): Promise<readonly Reservation[]> {
  const queues = waiting.withoutLine(call.queues);
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
  const place = waiting.join(queues);
  let mark = since;
  let owed: string | undefined; // the queue whose wake-up this fetch got and has not used yet
  try {
    for (;;) {
      if (!waiting.unclaimedSince(mark, queues)) {
        owed = await waiting.next(place, until - performance.now(), signal);
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
    waiting.leave(place);
    if (owed !== undefined) waiting.signal(owed, 1);
  }
}

function askOf({ wid, owner = '', lease = false }: FetchCall, queues: readonly string[]): FetchAsk {
  return { queues, wid, owner, lease };
}
