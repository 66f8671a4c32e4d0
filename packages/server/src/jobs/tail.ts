/**
 * TAIL: the last events of jobs (pushed, fetched, done, failed, …). The verbs report each event
 * here after their commit.
 *
 * `watched` is true from a TAIL until 10 seconds after the last one. While it is false, verbs read
 * nothing for events, so TAIL costs nothing.
 */
import {
  type EventKind,
  formatTime,
  type JobEvent,
  type Micros,
  storedJob,
  type TailAsk,
  type TailedEvents,
} from '@faktory-ts/protocol';
import type { Entry, Outcome, Reservation } from '../engine/engine.ts';

const KEPT = 2000; // events
const MOST_RETURNED = 500; // events in one answer
const LONGEST_WAIT = 2000; // ms
const WATCHED_FOR = 10_000; // ms after the last TAIL
const LONGEST_ARGS = 1000; // characters

interface NumberedEvent {
  readonly number: number;
  readonly event: JobEvent;
}

/** What the event of a job has of its document; a document of 8 MB must not wait for its commit. */
interface Sketch {
  readonly jobtype: string;
  /** The beginning of its arguments, when a client asked for arguments. */
  readonly args?: string;
}

/** A reservation that is about to end. */
export interface EndingJob extends Pick<Reservation, 'jid' | 'queue' | 'wid'> {
  readonly sketch: Sketch;
}

export class Tail {
  readonly #clock: () => Micros;
  #kept: NumberedEvent[] = [];
  /** The number of the last event. */
  #last = 0;
  /** Events up to this number may be missing. */
  #lost = 0;
  #wantsArgs = false;
  #idle: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(clock: () => Micros) {
    this.#clock = clock;
  }

  /** Whether a client watches, so that verbs must report events. */
  get watched(): boolean {
    return this.#idle !== undefined;
  }

  /** Reports stored entries. */
  pushed(entries: Iterable<Entry>): void {
    if (!this.watched) return;
    for (const { jid, queue, at, document } of entries) {
      const due = at !== undefined && { due: formatTime(at) };
      this.#keep({ kind: 'pushed', jid, queue, ...due }, this.#sketch(document));
    }
  }

  /** Reports jobs that were handed out. */
  fetched(taken: Iterable<Reservation>): void {
    if (!this.watched) return;
    for (const { jid, queue, wid, document } of taken)
      this.#keep({ kind: 'fetched', jid, queue, wid }, this.#sketch(document));
  }

  /** What `ended` needs of a reservation. Call it only while `watched`. */
  ending({ jid, queue, wid, document }: Reservation): EndingJob {
    return { jid, queue, wid, sketch: this.#sketch(document) };
  }

  /** Reports the end of a reservation. */
  ended(job: EndingJob, outcome: Outcome): void {
    if (this.watched) this.#keep(endOf(job, outcome, this.#clock()), job.sketch);
  }

  /** Reports jobs that came due. */
  promoted(set: 'scheduled' | 'retries', count: number): void {
    if (this.watched && count > 0) this.#keep({ kind: 'promoted', set, count });
  }

  /** Returns the events after number `ask.after`; waits up to two seconds if there is none. */
  async read(ask: TailAsk, signal: AbortSignal): Promise<TailedEvents> {
    this.#watch(ask);
    if (ask.after === undefined) return { events: [], next: this.#last };
    const until = performance.now() + LONGEST_WAIT;
    for (let { after } = ask; ; ) {
      const answer = this.#since(after, ask);
      if (answer.events.length > 0 || answer.missed || signal.aborted) return answer;
      if (performance.now() >= until || this.#idle === undefined) return answer;
      after = answer.next;
      await this.#news(until - performance.now(), signal);
    }
  }

  /** Ends all waits and deletes the events. A later TAIL starts again. */
  close(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#kept = [];
    this.#wantsArgs = false;
    for (const wake of this.#waiting) wake();
  }

  #watch({ args = false }: TailAsk): void {
    if (this.#idle === undefined) {
      // Numbering continues; this number stands for the events that were not recorded.
      this.#last += 1;
      this.#lost = this.#last;
    }
    this.#wantsArgs ||= args;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), WATCHED_FOR);
    this.#idle.unref();
  }

  #sketch(document: string): Sketch {
    const { jobtype, args } = storedJob(document);
    const sketch: Sketch = { jobtype, ...(this.#wantsArgs && { args: args.slice(0, LONGEST_ARGS) }) };
    // The copy is needed: a substring would keep the whole document of the job in memory.
    return JSON.parse(JSON.stringify(sketch)) as Sketch;
  }

  #keep(event: Omit<JobEvent, 'at'>, sketch?: Sketch): void {
    this.#last += 1;
    this.#kept.push({
      number: this.#last,
      event: { ...event, at: formatTime(this.#clock()), ...sketch },
    });
    if (this.#kept.length > KEPT * 2) this.#kept.splice(0, this.#kept.length - KEPT);
    for (const wake of this.#waiting) wake();
  }

  #since(after: number, ask: TailAsk): TailedEvents {
    const later = this.#kept.filter(({ number }) => number > after);
    const [first] = later;
    const events: JobEvent[] = [];
    let next = Math.max(this.#last, after);
    for (const { number, event } of later) {
      if (events.length === MOST_RETURNED) break;
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

const KINDS: Record<Outcome['to'], EventKind> = {
  done: 'done',
  retries: 'failed',
  discarded: 'failed',
  dead: 'dead',
  queue: 'released',
};

function endOf({ jid, queue, wid }: EndingJob, outcome: Outcome, now: Micros): Omit<JobEvent, 'at'> {
  const event = { kind: KINDS[outcome.to], jid, queue, wid };
  if (outcome.to !== 'retries' && outcome.to !== 'dead') return event;
  const { errtype, message } = JSON.parse(outcome.failure) as { errtype?: string; message?: string };
  const error = [errtype, message].filter(Boolean).join(': ');
  return { ...event, error, ...(outcome.to === 'retries' && { due: formatTime(now + outcome.in) }) };
}
