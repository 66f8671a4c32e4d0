/**
 * What happens, for those who watch: pushed, fetched, done, failed. While nobody watches it is not there at all: the rules then work on
 * the engine itself. With the first TAIL they work on one that also tells, until nobody has asked for some seconds.
 *
 * It keeps the last events only, and each as a text of its own, so that no job's document is held by them.
 */
import {
  type EventKind,
  formatTime,
  type JobEvent,
  storedJob,
  type TailAsk,
  type TailedEvents,
} from '@faktory-ts/protocol';
import type { Engine, Entry, FetchAsk, Held, Outcome, Reservation, Verdict } from '../engine/engine.ts';

const KEPT = 2000; // events
const MOST_TOLD = 500; // events in one answer
const LONGEST_WAIT = 2000; // ms
const WATCHED_FOR = 10_000; // ms after the last question
const LONGEST_ARGS = 1000; // characters

interface Kept {
  readonly number: number;
  readonly event: JobEvent;
}

export class Tail {
  readonly #engine: Engine;
  readonly #use: (engine: Engine) => void;
  #kept: Kept[] = [];
  /** The number of the last event. */
  #last = 0;
  /** What happened up to this number may not have been kept. */
  #lost = 0;
  #wantsArgs = false;
  #idle: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();

  /** `use` is told which engine the rules are to work on. */
  constructor(engine: Engine, use: (engine: Engine) => void) {
    this.#engine = engine;
    this.#use = use;
  }

  /** What happened after `ask.after`; waits for up to two seconds when that is nothing. */
  async read(ask: TailAsk, signal: AbortSignal): Promise<TailedEvents> {
    this.#watch(ask);
    if (ask.after === undefined) return { events: [], next: this.#last };
    const until = performance.now() + LONGEST_WAIT;
    for (let { after } = ask; ; ) {
      const told = this.#since(after, ask);
      if (told.events.length > 0 || told.missed || signal.aborted) return told;
      if (performance.now() >= until || this.#idle === undefined) return told;
      after = told.next;
      await this.#news(until - performance.now(), signal);
    }
  }

  /** Nobody is told any more. */
  close(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#kept = [];
    this.#wantsArgs = false;
    this.#use(this.#engine);
    for (const wake of this.#waiting) wake();
  }

  #watch({ args = false }: TailAsk): void {
    if (this.#idle === undefined) {
      // Numbers go on, but what was between is not known.
      this.#last += 1;
      this.#lost = this.#last;
      this.#use(telling(this.#engine, (event, document) => this.#keep(event, document)));
    }
    this.#wantsArgs ||= args;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), WATCHED_FOR);
    this.#idle.unref();
  }

  #keep(event: Omit<JobEvent, 'at'>, document?: string): void {
    const { jobtype, args } = document === undefined ? { jobtype: undefined, args: '' } : storedJob(document);
    const whole = {
      ...event,
      at: formatTime(this.#engine.clock()),
      jobtype,
      ...(this.#wantsArgs && document !== undefined && { args: args.slice(0, LONGEST_ARGS) }),
    };
    this.#last += 1;
    this.#kept.push({ number: this.#last, event: JSON.parse(JSON.stringify(whole)) as JobEvent });
    if (this.#kept.length > KEPT * 2) this.#kept.splice(0, this.#kept.length - KEPT);
    for (const wake of this.#waiting) wake();
  }

  #since(after: number, ask: TailAsk): TailedEvents {
    const later = this.#kept.filter(({ number }) => number > after);
    const [first] = later;
    const events: JobEvent[] = [];
    let next = Math.max(this.#last, after);
    for (const { number, event } of later) {
      if (events.length === MOST_TOLD) break;
      next = number;
      if (matches(event, ask)) events.push(ask.args ? event : withoutArgs(event));
    }
    const missed = after < this.#lost || (first !== undefined && first.number > after + 1);
    return { events, next, ...(missed && { missed }) };
  }

  #news(time: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, time);
      this.#waiting.add(end);
      signal.addEventListener('abort', end);
    });
  }
}

function matches({ kind, queue, jobtype }: JobEvent, { kinds, queues, jobtypes }: TailAsk): boolean {
  if (kinds && !kinds.includes(kind)) return false;
  if (queues && !queues.includes(queue ?? '')) return false;
  return !jobtypes || jobtypes.includes(jobtype ?? '');
}

function withoutArgs({ args: _, ...event }: JobEvent): JobEvent {
  return event;
}

type Tell = (event: Omit<JobEvent, 'at'>, document?: string) => void;

/** The same engine, telling what its operations did once they are committed. */
function telling(engine: Engine, tell: Tell): Engine {
  const own: Partial<Engine> = {
    async push(entries, counted) {
      const refused = await engine.push(entries, counted);
      const full = new Set(refused.map(({ queue }) => queue));
      for (const entry of entries)
        if (entry.at !== undefined || !full.has(entry.queue)) tellPush(entry, tell);
      return refused;
    },
    async fetch(ask: FetchAsk) {
      const taken = await engine.fetch(ask);
      if (taken) tell(about('fetched', taken), taken.document);
      return taken;
    },
    async fetchMany(ask: FetchAsk, count: number) {
      const taken = await engine.fetchMany(ask, count);
      for (const each of taken) tell(about('fetched', each), each.document);
      return taken;
    },
    async settle(held: Held, verdict: Verdict) {
      const end = watched({ held, verdict });
      const settled = await engine.settle(held, end.verdict);
      if (settled) end.tell(tell);
      return settled;
    },
    async settleMany(ends) {
      const watching = ends.map(watched);
      const settled = await engine.settleMany(watching);
      for (const [index, end] of watching.entries()) if (settled[index]) end.tell(tell);
      return settled;
    },
    async promote(set, limit) {
      const count = await engine.promote(set, limit);
      if (count > 0) tell({ kind: 'promoted', set, count });
      return count;
    },
  };
  return new Proxy(engine, {
    get(target, name: keyof Engine) {
      if (own[name]) return own[name];
      const member = target[name] as unknown;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

function tellPush({ jid, queue, at, document }: Entry, tell: Tell): void {
  tell({ kind: 'pushed', jid, queue, ...(at !== undefined && { due: formatTime(at) }) }, document);
}

function about(kind: EventKind, { jid, queue, wid }: Reservation): Omit<JobEvent, 'at'> {
  return { kind, jid, queue, wid };
}

/** An end whose reservation and outcome are remembered. */
function watched({ held, verdict }: { readonly held: Held; readonly verdict: Verdict }) {
  let seen: { reservation: Reservation; outcome: Outcome } | undefined;
  return {
    held,
    verdict: (reservation: Reservation): Outcome | undefined => {
      const outcome = typeof verdict === 'function' ? verdict(reservation) : verdict;
      seen = outcome && { reservation, outcome };
      return outcome;
    },
    tell(tell: Tell): void {
      if (seen) tell(endOf(seen.reservation, seen.outcome), seen.reservation.document);
    },
  };
}

const KINDS: Record<Outcome['to'], EventKind> = {
  done: 'done',
  retries: 'failed',
  forgotten: 'failed',
  dead: 'dead',
  queue: 'released',
};

function endOf(reservation: Reservation, outcome: Outcome): Omit<JobEvent, 'at'> {
  const event = about(KINDS[outcome.to], reservation);
  if (outcome.to !== 'retries' && outcome.to !== 'dead') return event;
  const { errtype, message } = JSON.parse(outcome.failure) as { errtype?: string; message?: string };
  const error = [errtype, message].filter(Boolean).join(': ');
  return { ...event, error, ...(outcome.to === 'retries' && { due: formatTime(outcome.due) }) };
}
