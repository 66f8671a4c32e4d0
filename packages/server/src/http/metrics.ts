/**
 * `/metrics`: the figures of all rooms in the text format of Prometheus. They are collected for each
 * request, and the library is loaded at the first one.
 *
 * Note: the figures of jobs are not the library's `Counter`, because the engine counts them as plain
 * numbers; they are copied here.
 */
import type { Info } from '@faktory-ts/protocol';
import type { Registry } from 'prom-client';
import { type Histogram, runBounds, type Space, storageErrorKinds, waitBounds } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { pageParts } from '../rounds.ts';
import { SharedRun } from '../shared-run.ts';
import type { WorkerRecord } from '../workers/roster.ts';
import { counter, type Family, gauge, gauges, histogram, type Sample } from './families.ts';
import { familyText } from './metrics-text.ts';

/** Where the figures come from. */
export interface MetricsSources {
  readonly jobs: Jobs;
  workers(): readonly WorkerRecord[];
  info(): Promise<Info>;
  /** What came of the backups; undefined where none are made. */
  backups(): { readonly newest: number | undefined; readonly failure: string | undefined } | undefined;
  /** Bytes that are free and that are kept free; undefined where nobody looks. */
  disk():
    | {
        readonly free: number;
        readonly room: number;
        readonly reserve: number;
        readonly low: boolean;
        readonly store: Space;
      }
    | undefined;
  /** When the TLS certificate expires, microseconds since 1970; undefined without TLS. */
  readonly certificate: { readonly expiry: number | undefined };
}

type Buckets = Pick<Histogram, 'bounds' | 'counts' | 'sum'>;
type Labels = Readonly<Record<string, string>>;

interface MetricsText {
  readonly type: string;
  readonly text: string;
}

const MOST_QUEUES = 1000; // that are told by name
const ended = ['done', 'failed', 'dead', 'discarded', 'released'] as const;

export class MetricsPage {
  readonly #sources: MetricsSources;
  #process: Promise<Registry> | undefined;
  readonly #page = new SharedRun(() => this.#make());

  constructor(sources: MetricsSources) {
    this.#sources = sources;
  }

  /** The page, and its content type. However many ask, it is made half of the time at most. */
  read(): Promise<MetricsText> {
    return this.#page.get();
  }

  async #make(): Promise<MetricsText> {
    const { Registry: Fresh } = await import('prom-client');
    this.#process ??= processFigures();
    const parts: string[] = [];
    for (const family of await this.#families()) parts.push(await familyText(Fresh, family));
    parts.push(await (await this.#process).metrics());
    return { type: new Fresh().contentType, text: parts.join('\n') };
  }

  async #families(): Promise<Family[]> {
    const { jobs } = this.#sources;
    return [
      ...ofKinds(jobs),
      ...(await afterTurn(() => ofTimes(jobs))),
      ...(await unlessStorageFails(ofQueues(jobs))),
      ...(await unlessStorageFails(this.#ofServer())),
      ...ofCommits(jobs),
      ...ofStorageErrors(jobs),
      ...this.#ofDisk(),
      ...ofCertificate(this.#sources.certificate),
    ];
  }

  async #ofServer(): Promise<Family[]> {
    return ofServer(await this.#sources.info(), this.#sources.workers());
  }

  #ofDisk(): Family[] {
    const [backups, disk] = [this.#sources.backups(), this.#sources.disk()];
    const families: Family[] = [];
    if (backups) {
      const failed = backups.failure === undefined ? 0 : 1;
      families.push(gauge('faktory_backup_failed', '1 when the last try to make a backup failed.', failed));
      if (backups.newest !== undefined) {
        const age = (this.#sources.jobs.engine.clock() - backups.newest) / 1_000_000;
        families.push(gauge('faktory_backup_age_seconds', 'Since the newest backup was made.', age));
      }
    }
    if (disk) {
      const { free, room, reserve, low, store } = disk;
      families.push(
        gauge('faktory_disk_free_bytes', 'Free where the data folder is.', free),
        gauge('faktory_disk_room_bytes', 'Free on the disk and inside the store: room for jobs.', room),
        gauge('faktory_disk_reserve_bytes', 'Below so many bytes of room pushes are refused.', reserve),
        gauge('faktory_store_bytes', 'The file of the store.', store.bytes),
        gauge('faktory_store_free_bytes', 'Of them those that hold nothing.', store.free),
        gauge('faktory_store_log_bytes', 'The write-ahead log beside the file.', store.log),
        gauge(
          'faktory_pushes_refused',
          '1 while pushes are refused because the disk is nearly full.',
          low ? 1 : 0,
        ),
      );
    }
    return families;
  }
}

function ofCertificate({ expiry }: MetricsSources['certificate']): Family[] {
  if (expiry === undefined) return [];
  const help = 'When the TLS certificate expires, seconds since 1970.';
  return [gauge('faktory_certificate_expiry_timestamp_seconds', help, expiry / 1_000_000)];
}

/** A damaged page must not take away the figures that tell of it. */
async function unlessStorageFails(families: Promise<Family[]>): Promise<Family[]> {
  try {
    return await families;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'STORAGE') return [];
    throw error;
  }
}

function ofKinds(jobs: Jobs): Family[] {
  const kinds = jobs.engine.figures.meter.kinds();
  const perKind = (read: (kind: (typeof kinds)[number]) => number): Sample[] =>
    kinds.map((kind) => ({ labels: { queue: kind.queue, jobtype: kind.jobtype }, value: read(kind) }));
  const outcomes = kinds.flatMap((kind) =>
    ended.map((outcome) => ({
      labels: { queue: kind.queue, jobtype: kind.jobtype, outcome },
      value: kind[outcome],
    })),
  );
  return [
    counter(
      'faktory_jobs_pushed_total',
      'Jobs accepted.',
      perKind(({ pushed }) => pushed),
    ),
    counter(
      'faktory_jobs_fetched_total',
      'Jobs handed out.',
      perKind(({ fetched }) => fetched),
    ),
    counter(
      'faktory_jobs_ended_total',
      'Executions by how they ended; failed ones have another try.',
      outcomes,
    ),
    counter(
      'faktory_jobs_lost_total',
      'Executions whose worker fell silent.',
      perKind(({ lost }) => lost),
    ),
  ];
}

function ofTimes(jobs: Jobs): Family[] {
  const kinds = jobs.engine.figures.meter.kinds();
  const waits = summed(kinds.map(({ queue, wait }) => [queue, coarser(wait, waitBounds)]));
  const runs = summed(kinds.map(({ jobtype, run }) => [jobtype, coarser(run, runBounds)]));
  const wait = [...waits].flatMap(([queue, each]) => samples('faktory_job_wait_seconds', { queue }, each));
  const run = [...runs].flatMap(([jobtype, each]) => samples('faktory_job_run_seconds', { jobtype }, each));
  return [
    histogram('faktory_job_wait_seconds', 'From the queue into the hands of a worker.', wait),
    histogram('faktory_job_run_seconds', 'In the hands of a worker.', run),
  ];
}

/** Others are served before it. */
async function afterTurn<T>(make: () => T): Promise<T> {
  await pageParts.next();
  return make();
}

async function ofQueues(jobs: Jobs): Promise<Family[]> {
  const queues = (await jobs.engine.queues()).slice(0, MOST_QUEUES);
  const latencies = await jobs.latency(queues.map(({ name }) => name));
  const sizes = await jobs.engine.sizes();
  const evicted = jobs.engine.figures.meter.evicted;
  const sets = (['scheduled', 'retries', 'dead', 'working'] as const).map((set) => ({
    labels: { set },
    value: sizes[set],
  }));
  const each = (read: (queue: (typeof queues)[number]) => number): Sample[] =>
    queues.map((queue) => ({ labels: { queue: queue.name }, value: read(queue) }));
  return [
    gauges(
      'faktory_queue_size',
      'Ready jobs.',
      each(({ size }) => size),
    ),
    gauges(
      'faktory_queue_latency_seconds',
      'How long the longest-waiting job has waited.',
      each(({ name }) => latencies[name] ?? 0),
    ),
    gauges(
      'faktory_queue_paused',
      '1 when the queue is paused.',
      each(({ paused }) => (paused ? 1 : 0)),
    ),
    gauges('faktory_set_size', 'Jobs in the sets.', sets),
    counter(
      'faktory_jobs_expired_total',
      'Jobs deleted because no worker fetched them before their deadline.',
      [{ labels: {}, value: jobs.engine.figures.meter.expired }],
    ),
    counter('faktory_dead_evicted_total', 'Dead jobs deleted because dead was over its limit.', [
      { labels: {}, value: evicted },
    ]),
    counter('faktory_processed_total', 'Executions ended since the store was made.', [
      { labels: {}, value: sizes.processed },
    ]),
    counter('faktory_failures_total', 'Of them those that failed.', [{ labels: {}, value: sizes.failures }]),
  ];
}

function ofServer({ server }: Info, workers: readonly WorkerRecord[]): Family[] {
  const states = (['running', 'quiet', 'terminate'] as const).map((state) => ({
    labels: { state },
    value: workers.filter((worker) => worker.state === state).length,
  }));
  const build = { version: server.version, faktory_version: server.faktory_version, sync: server.sync };
  return [
    gauges('faktory_build_info', 'Always 1; the labels tell.', [{ labels: build, value: 1 }]),
    gauge('faktory_uptime_seconds', 'Since the start.', server.uptime),
    gauge('faktory_connections', 'Clients connected.', server.connections),
    counter('faktory_commands_total', 'Known commands.', [{ labels: {}, value: server.command_count }]),
    gauges('faktory_workers', 'Workers by state.', states),
  ];
}

function ofCommits(jobs: Jobs): Family[] {
  const { commits, operations, syncSeconds, times, batches } = jobs.engine.figures.commits();
  const plain = (value: number): Sample[] => [{ labels: {}, value }];
  return [
    counter('faktory_commits_total', 'Commits.', plain(commits)),
    counter('faktory_committed_operations_total', 'Operations in them.', plain(operations)),
    counter('faktory_sync_seconds_total', 'Spent in syncs that replies waited for.', plain(syncSeconds)),
    histogram(
      'faktory_commit_seconds',
      'A commit with its sync.',
      samples('faktory_commit_seconds', {}, times),
    ),
    histogram(
      'faktory_commit_operations',
      'Operations in a commit.',
      samples('faktory_commit_operations', {}, batches),
    ),
  ];
}

function ofStorageErrors({ engine: { figures } }: Jobs): Family[] {
  const { storageErrors } = figures;
  const failing = new Set<string>(storageErrors.current());
  const each = (read: (kind: (typeof storageErrorKinds)[number]) => number): Sample[] =>
    storageErrorKinds.map((kind) => ({ labels: { kind }, value: read(kind) }));
  return [
    counter(
      'faktory_storage_errors_total',
      'Operations that the storage refused.',
      each((kind) => storageErrors.counts[kind]),
    ),
    gauges(
      'faktory_storage_failing',
      '1 while storage errors of this kind last.',
      each((kind) => (failing.has(kind) ? 1 : 0)),
    ),
  ];
}

/** The same values between fewer bounds, all of which the histogram has: each bucket is a series of each name. */
export function coarser({ bounds, counts, sum }: Buckets, fewer: readonly number[]): Buckets {
  const sums = new Array<number>(fewer.length + 1).fill(0);
  let to = 0;
  for (const [at, count] of counts.entries()) {
    while (to < fewer.length && (bounds[at] ?? Number.POSITIVE_INFINITY) > (fewer[to] as number)) to++;
    sums[to] = (sums[to] as number) + count;
  }
  return { bounds: fewer, counts: sums, sum };
}

/** One histogram for each name. Pairs of queue and jobtype would make too many series of buckets. */
function summed(named: readonly (readonly [name: string, histogram: Buckets])[]): Map<string, Buckets> {
  const sums = new Map<string, Buckets>();
  for (const [name, { bounds, counts, sum }] of named) {
    const known = sums.get(name);
    const both = counts.map((count, at) => count + (known?.counts[at] ?? 0));
    sums.set(name, { bounds, counts: both, sum: sum + (known?.sum ?? 0) });
  }
  return sums;
}

/** Each bucket counts those of the smaller ones too. */
function samples(name: string, labels: Labels, { bounds, counts, sum }: Buckets): Sample[] {
  let below = 0;
  const buckets = counts.map((count, at) => {
    below += count;
    const le = at < bounds.length ? String(bounds[at]) : '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: below },
  ];
}

/** Memory, processor time, event loop: measured from the first question on. */
async function processFigures(): Promise<Registry> {
  const { collectDefaultMetrics, Registry: Fresh } = await import('prom-client');
  const registry = new Fresh();
  collectDefaultMetrics({ register: registry });
  return registry;
}
