/**
 * The model of an engine: its rules for jobs, queues, consequences and deadlines, over a list of
 * jobs in memory; model-kept.ts has the rules for effects. Read both as the specification of these
 * rules. random.ts and kills.ts compare an engine with the model.
 *
 * One method is one commit. All checks come before the first change.
 */
import type { Consequences, Effect, Entry, Moment, Outcome, SetChange } from '../engine.ts';
import { ModelKept } from './model-kept.ts';

export type Place = 'ready' | 'scheduled' | 'retries' | 'dead' | 'working';

export interface ModelJob {
  /** Ascends with each push. */
  readonly id: number;
  readonly jid: string;
  readonly queue: string;
  readonly priority: number;
  readonly consequences: Consequences;
  readonly deadline: number | undefined;
  place: Place;
  /** In `ready` the order in the queue: a job that is given back gets a number below all others. */
  order: number;
  /** When the job is due; in `working` the end of its reservation. */
  due: number;
  executed: boolean;
  failing: boolean;
}

/** What can happen to a job, as the moments that it has then, in their order. */
const WAYS = {
  taken: ['taken'],
  ready: ['ready'],
  done: ['executed', 'done', 'recovered', 'gone'],
  retries: ['executed', 'failed', 'failing'],
  dead: ['executed', 'failed', 'failing', 'dead'],
  discarded: ['executed', 'failed', 'failing', 'gone'],
  killed: ['dead'],
  deleted: ['executed', 'gone'],
  expired: ['executed', 'expired', 'gone'],
} as const satisfies Record<string, readonly Moment[]>;

/** The moment is left out when the job has, or does not have, its bit. */
const LEFT_OUT: { readonly [M in Moment]?: (job: ModelJob) => boolean } = {
  executed: ({ executed }) => executed,
  failing: ({ failing }) => failing,
  recovered: ({ failing }) => !failing,
};

export interface ModelRefusal {
  readonly index: number;
  readonly code: string;
}

const byDue = (a: ModelJob, b: ModelJob): number => a.due - b.due || a.id - b.id;
const byHandOut = (a: ModelJob, b: ModelJob): number => b.priority - a.priority || a.order - b.order;

export class Model {
  now: number;
  jobs: ModelJob[] = [];
  readonly kept = new ModelKept(this);
  listed = new Set<string>();
  paused = new Set<string>();
  processed = 0;
  failures = 0;
  #ids = 0;
  #tail = 0;
  #head = 0;

  constructor(now: number) {
    this.now = now;
  }

  /** Another model with the same state. */
  copy(): Model {
    const copy = new Model(this.now);
    const { jobs, listed, paused, processed, failures } = this;
    Object.assign(copy, structuredClone({ jobs, listed, paused, processed, failures }));
    copy.kept.all = structuredClone(this.kept.all);
    [copy.#ids, copy.#tail, copy.#head] = [this.#ids, this.#tail, this.#head];
    return copy;
  }

  // Jobs

  push(entries: readonly Entry[]): ModelRefusal[] {
    const taken = new Set<string>();
    const refused = entries.flatMap(({ effects = [] }, index) => {
      const code = this.kept.refusal(effects, taken);
      return code === undefined ? [] : [{ index, code }];
    });
    const out = new Set(refused.map(({ index }) => index));
    for (const [index, entry] of entries.entries())
      if (!out.has(index)) this.kept.apply(entry.effects ?? [], this.insert(entry));
    return refused;
  }

  /** Takes up to `count` jobs; each reservation lasts `span`. */
  fetch(queues: readonly string[], count: number, span: number): string[] {
    const taken: string[] = [];
    for (const queue of queues) {
      if (taken.length === count) break;
      if (this.paused.has(queue) || !this.listed.has(queue)) continue;
      const wanted = count - taken.length;
      this.#dropLate(queue, wanted);
      for (const job of this.ready(queue).slice(0, wanted)) {
        this.#happened(job, 'taken');
        this.#tail += 1;
        Object.assign(job, { place: 'working', order: this.#tail, due: this.now + span });
        taken.push(job.jid);
      }
    }
    return taken;
  }

  /** Ends the oldest hand-out of the jid. */
  settle(jid: string, outcome: Outcome, onlyIfOverdue: boolean): boolean {
    const held = this.in('working').filter((job) => job.jid === jid);
    const [job] = held.sort((a, b) => a.order - b.order);
    if (!job || (onlyIfOverdue && job.due > this.now)) return false;
    this.#happened(job, outcome.to === 'queue' ? 'ready' : outcome.to);
    if (outcome.to === 'queue') {
      this.#makeReady(job);
      this.#head -= 1;
      job.order = this.#head;
      return true;
    }
    this.processed += 1;
    if (outcome.to !== 'done') this.failures += 1;
    if (outcome.to === 'done' || outcome.to === 'discarded') this.#delete(job);
    else Object.assign(job, { place: outcome.to, due: this.now + outcome.in });
    return true;
  }

  promote(set: 'scheduled' | 'retries', limit: number): number {
    const due = this.#dueIn(set).slice(0, limit);
    for (const job of due) this.#makeReady(job);
    for (const job of due) this.#happened(job, 'ready');
    return due.length;
  }

  expireDead(limit: number): number {
    const due = this.#dueIn('dead').slice(0, limit);
    for (const job of due) this.#leave(job, 'deleted');
    return due.length;
  }

  mutate({ set, change, jids = [], deadFor = 0 }: SetChange): number {
    const found = jids.flatMap((jid) => this.in(set).filter((job) => job.jid === jid));
    for (const job of found) {
      if (change === 'discard') this.#leave(job, 'deleted');
      else this.#happened(job, change === 'kill' ? 'killed' : 'ready');
      if (change === 'kill') Object.assign(job, { place: 'dead', due: this.now + deadFor });
      if (change === 'requeue') this.#makeReady(job);
    }
    return found.length;
  }

  // Queues

  pause(queue: string, paused: boolean): void {
    if (!paused) this.paused.delete(queue);
    else if (this.listed.has(queue)) this.paused.add(queue);
  }

  remove(queue: string): void {
    if (!this.listed.has(queue)) return;
    const ready = this.ready(queue);
    this.listed.delete(queue);
    this.paused.delete(queue);
    for (const job of ready) this.#leave(job, 'deleted');
  }

  flush(): void {
    Object.assign(this, { jobs: [], listed: new Set(), paused: new Set() });
    this.kept.all.clear();
    this.processed = this.failures = 0;
  }

  // Effects

  /** Returns the code of the effect that refuses; undefined: they were applied. */
  apply(effects: readonly Effect[]): string | undefined {
    const refused = this.kept.refusal(effects, new Set());
    if (refused === undefined) this.kept.apply(effects, undefined);
    return refused;
  }

  /** Deletes what has ended: keys, then jobs whose deadline has passed. */
  lapse(): number {
    const keys = this.kept.lapse();
    const late = this.#waiting().filter((job) => this.#isLate(job));
    for (const job of late) this.#leave(job, 'expired');
    return keys + late.length;
  }

  // What tests compare

  in(place: Place): ModelJob[] {
    return this.jobs.filter((job) => job.place === place);
  }

  /** Ready jobs, of all queues or of one, each queue in the order of its hand-out. */
  ready(queue?: string): ModelJob[] {
    const ready = this.in('ready').filter((job) => queue === undefined || job.queue === queue);
    return ready.sort(byHandOut);
  }

  /** When `lapse` has something to delete. */
  nextEnd(): number | undefined {
    const ends = [...this.kept.all.values()].map(({ until }) => until);
    const all = [...ends, ...this.#waiting().map(({ deadline }) => deadline)];
    const [first] = all.filter((end) => end !== undefined).sort((a, b) => a - b);
    return first;
  }

  #dueIn(place: Place): ModelJob[] {
    return this.in(place)
      .filter(({ due }) => due <= this.now)
      .sort(byDue);
  }

  #waiting(): ModelJob[] {
    const waiting = (['ready', 'scheduled', 'retries'] as const).flatMap((place) => this.in(place));
    return waiting.sort((a, b) => (a.deadline ?? 0) - (b.deadline ?? 0) || a.id - b.id);
  }

  /** Stores a job and returns its id. */
  insert(entry: Entry): number {
    const { jid, queue, priority, consequences = {}, deadline, at } = entry;
    this.#ids += 1;
    const bits = { executed: false, failing: false };
    const job: ModelJob = {
      ...{ id: this.#ids, jid, queue, priority, consequences, deadline, ...bits },
      ...{ place: 'scheduled', order: 0, due: at ?? 0 },
    };
    this.jobs.push(job);
    if (at === undefined) this.#makeReady(job);
    return job.id;
  }

  #makeReady(job: ModelJob): void {
    this.#tail += 1;
    this.listed.add(job.queue);
    Object.assign(job, { place: 'ready', order: this.#tail });
  }

  #isLate({ deadline }: ModelJob): boolean {
    return deadline !== undefined && deadline <= this.now;
  }

  /** Deletes late jobs until none of the next `count` jobs is late. */
  #dropLate(queue: string, count: number): void {
    for (;;) {
      const next = this.ready(queue).slice(0, count);
      const late = next.filter((job) => this.#isLate(job));
      if (late.length === 0) return;
      for (const job of late) this.#leave(job, 'expired');
    }
  }

  #leave(job: ModelJob, way: 'deleted' | 'expired'): void {
    this.#happened(job, way);
    this.#delete(job);
  }

  #delete(job: ModelJob): void {
    this.jobs.splice(this.jobs.indexOf(job), 1);
  }

  /** Applies what the job carries for this way, and sets its bits. */
  #happened(job: ModelJob, way: keyof typeof WAYS): void {
    const moments = WAYS[way].filter((moment) => !LEFT_OUT[moment]?.(job));
    for (const moment of moments) {
      if (moment === 'executed') job.executed = true;
      if (moment === 'failing') job.failing = true;
      if (moment === 'recovered') job.failing = false;
    }
    const effects = moments.flatMap((moment) => job.consequences[moment] ?? []);
    this.kept.apply(effects, job.id);
  }
}
