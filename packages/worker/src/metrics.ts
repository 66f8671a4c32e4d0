/**
 * The metrics of a worker in the text format of Prometheus. A jobtype without a handler is counted
 * as `other`, so data from the wire cannot make new series.
 *
 * Note: each bucket of the output counts all jobs up to its bound, including those of smaller
 * buckets.
 */

import { visibleLines } from '@faktory-ts/protocol';
import type { WorkerObserver } from './observer.ts';
import type { Outcome } from './outcome.ts';

/** The upper bounds of the histogram, seconds. */
const bounds = [0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800] as const;
const outcomes = ['done', 'failed', 'released'] as const satisfies readonly Outcome['to'][];

const others = 'other';

interface OfType {
  ended: Record<Outcome['to'], number>;
  /** Number of jobs between the previous bound and this one; the last bucket has no bound. */
  buckets: number[];
  seconds: number;
}

/** Values that are read from the worker for each page. */
export interface Now {
  busy: number;
  concurrency: number;
}

export class Metrics implements WorkerObserver {
  readonly #types: ReadonlyMap<string, OfType>;
  #fetches = 0;
  #fetched = 0;
  #beats = { ok: 0, failed: 0 };
  /** Delays of the event loop in milliseconds. */
  #lag = { last: 0, sum: 0 };

  /** @param jobtypes the jobtypes that are counted by name */
  constructor(jobtypes: readonly string[]) {
    this.#types = new Map([...jobtypes, others].map((jobtype) => [jobtype, noJobs()]));
  }

  fetched(count: number): void {
    this.#fetches++;
    this.#fetched += count;
  }

  ended({ jobtype }: { jobtype: string }, { to }: { to: Outcome['to'] }, ms: number): void {
    const type = this.#types.get(jobtype) ?? this.#types.get(others) ?? noJobs();
    const seconds = ms / 1000;
    const bucket = bounds.findIndex((bound) => seconds <= bound);
    const index = bucket < 0 ? bounds.length : bucket;
    type.ended[to]++;
    type.buckets[index] = (type.buckets[index] ?? 0) + 1;
    type.seconds += seconds;
  }

  beat(ok: boolean): void {
    this.#beats[ok ? 'ok' : 'failed']++;
  }

  lag(ms: number): void {
    this.#lag = { last: ms, sum: this.#lag.sum + ms };
  }

  /** The page for Prometheus. */
  text(now: Now): string {
    return [...this.#ofJobs(), ...this.#ofWorker(now), ...ofProcess()].join('');
  }

  #ofJobs(): string[] {
    const types = [...this.#types];
    const ended = types.flatMap(([jobtype, type]) =>
      outcomes.map((outcome) => ({ labels: { jobtype, outcome }, value: type.ended[outcome] })),
    );
    const [name, about] = ['faktory_worker_job_seconds', 'How long jobs ran.'];
    return [
      family('faktory_worker_jobs_total', 'counter', 'Jobs that ended, by jobtype and outcome.', ended),
      `# HELP ${name} ${about}\n# TYPE ${name} histogram\n`,
      ...types.map(([jobtype, type]) => histogram(name, jobtype, type)),
    ];
  }

  #ofWorker({ busy, concurrency }: Now): string[] {
    const { last, sum } = this.#lag;
    const beats = Object.entries(this.#beats).map(([result, value]) => ({ labels: { result }, value }));
    return [
      single('faktory_worker_busy', 'gauge', 'Jobs that run now.', busy),
      single('faktory_worker_concurrency', 'gauge', 'How many jobs may run at once.', concurrency),
      single('faktory_worker_fetches_total', 'counter', 'Fetches that the server answered.', this.#fetches),
      single('faktory_worker_fetched_jobs_total', 'counter', 'Jobs that the fetches brought.', this.#fetched),
      family('faktory_worker_beats_total', 'counter', 'Beats by result.', beats),
      single('faktory_worker_event_loop_lag_seconds', 'gauge', 'Last delay of the event loop.', last / 1000),
      single(
        'faktory_worker_event_loop_lag_seconds_total',
        'counter',
        'All delays of the event loop together, measured four times a second.',
        sum / 1000,
      ),
    ];
  }
}

function noJobs(): OfType {
  return { ended: { done: 0, failed: 0, released: 0 }, buckets: bounds.map(() => 0).concat(0), seconds: 0 };
}

function ofProcess(): string[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const started = Date.now() / 1000 - process.uptime();
  return [
    single('process_resident_memory_bytes', 'gauge', 'Resident memory.', rss),
    single('nodejs_heap_size_used_bytes', 'gauge', 'Used heap of JavaScript.', heapUsed),
    single('process_cpu_seconds_total', 'counter', 'Processor time.', (user + system) / 1e6),
    single('process_start_time_seconds', 'gauge', 'Start of the process, Unix time.', started),
  ];
}

interface Sample {
  labels?: Record<string, string>;
  value: number;
}

function single(name: string, kind: 'counter' | 'gauge', about: string, value: number): string {
  return family(name, kind, about, [{ value }]);
}

function family(name: string, kind: string, about: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => line(name, labels, value));
  return `# HELP ${name} ${about}\n# TYPE ${name} ${kind}\n${lines.join('')}`;
}

function histogram(name: string, jobtype: string, { buckets, seconds }: OfType): string {
  let count = 0;
  const lines = buckets.map((here, index) => {
    count += here;
    return line(`${name}_bucket`, { jobtype, le: String(bounds[index] ?? '+Inf') }, count);
  });
  return (
    lines.join('') + line(`${name}_sum`, { jobtype }, seconds) + line(`${name}_count`, { jobtype }, count)
  );
}

function line(name: string, labels: Record<string, string>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`;
}

function escaped(text: string): string {
  return visibleLines(text).replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`));
}
