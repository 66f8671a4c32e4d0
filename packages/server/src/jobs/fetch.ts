/**
 * FETCH: takes a job now, or waits up to two seconds for one.
 *
 * The job is reserved before the reply is sent, so after a crash it is in its queue or in the
 * working set. If the connection closes before its job arrives, the caller gives the job back, and
 * no attempt is used.
 */
import type { Engine, FetchAsk, Gates, Reservation, Taken } from '../engine/engine.ts';
import type { GatesOf } from './gates.ts';
import type { Tail } from './tail.ts';
import type { Mark, Waiting, WakeUp } from './waiting.ts';

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
  /** Undefined: no feature has gates. */
  readonly gatesOf: GatesOf | undefined;
}

// Clients give up after four to five seconds.
const LONGEST_WAIT = 2000; // ms

/** Returns a reserved job; undefined: none came within the wait. */
export async function fetch(services: FetchServices, call: FetchCall): Promise<Reservation | undefined> {
  const { engine, waiting, tail, gatesOf } = services;
  const gates = gatesOf?.(call.queues, call.wid);
  const mark = waiting.mark;
  const queues = waiting.withoutWaiters(call.queues, gates);
  if (queues.length === 0) return wait(services, call, gates, mark);
  const taken = gates
    ? (await takeMany(services, askOf(call, queues, gates), 1)).jobs[0]
    : await engine.fetch(askOf(call, queues));
  if (!taken) return wait(services, call, gates, mark);
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
  const gates = services.gatesOf?.(call.queues, call.wid);
  const taken = await takeUpTo(services, call, gates, count);
  if (taken.length > 0) return taken;
  const first = await wait(services, call, gates, mark);
  if (!first) return [];
  if (call.signal.aborted) return [first]; // the connection closed or sent another line
  return [first, ...(await takeUpTo(services, call, gates, count - 1))];
}

async function takeUpTo(
  services: FetchServices,
  call: FetchCall,
  gates: Gates | undefined,
  count: number,
): Promise<readonly Reservation[]> {
  const queues = services.waiting.withoutWaiters(call.queues, gates);
  if (queues.length === 0 || count === 0) return [];
  const { jobs } = await takeMany(services, askOf(call, queues, gates), count);
  services.tail.fetched(jobs);
  return jobs;
}

async function takeMany({ engine, waiting }: FetchServices, ask: FetchAsk, count: number): Promise<Taken> {
  const { openings } = waiting;
  const taken = await engine.fetchMany(ask, count);
  waiting.noteClosed(taken.closed, openings);
  return taken;
}

async function wait(
  services: FetchServices,
  call: FetchCall,
  gates: Gates | undefined,
  since: Mark,
): Promise<Reservation | undefined> {
  const { engine, waiting, tail } = services;
  const { queues, signal } = call;
  const until = performance.now() + LONGEST_WAIT;
  const waiter = waiting.join(queues, gates);
  let mark = since;
  let owed: WakeUp | undefined; // a wake-up that this fetch has not used yet
  try {
    for (;;) {
      if (!waiting.unclaimedSince(mark, waiter)) {
        owed = await waiting.next(waiter, until - performance.now(), signal);
        if (owed === undefined) return undefined;
      }
      mark = waiting.mark;
      if (signal.aborted) return undefined;
      let taken: Reservation | undefined;
      if (gates) {
        const { jobs, closed } = await takeMany(services, askOf(call, queues, gates), 1);
        [taken] = jobs;
        if (owed && !taken) passOn(waiting, owed, closed);
      } else taken = await engine.fetch(askOf(call, queues));
      if (!taken || taken.queue === owed?.queue) owed = undefined;
      if (taken) {
        if (tail.watched) tail.fetched([taken]);
        return taken;
      }
    }
  } finally {
    waiting.leave(waiter);
    if (owed !== undefined) waiting.signal(owed.queue, 1, owed.gate);
  }
}

/**
 * Gives a wake-up to the next waiter if a gate closes the queue for this one.
 * Note: not if the gate that opened is closed again. Another fetch has passed it, and the engine
 * reports the next opening.
 */
function passOn(waiting: Waiting, { queue, gate }: WakeUp, closed: Taken['closed']): void {
  const key = closed.get(queue);
  if (key !== undefined && key !== gate) waiting.signal(queue, 1, gate);
}

function askOf(call: FetchCall, queues: readonly string[], gates?: Gates): FetchAsk {
  const { wid, owner = '', lease = false } = call;
  return gates ? { queues, wid, owner, lease, gates } : { queues, wid, owner, lease };
}
