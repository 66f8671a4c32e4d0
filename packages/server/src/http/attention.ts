/**
 * What wants a person's eye, worst first. Pure: what is known goes in, and each line says one thing that somebody can look into.
 *
 * One cause is one line. A queue that is worked off within minutes and a single failure are no line.
 */
import type { Attention, KindRow, QueueRow } from '@faktory-ts/protocol';

/** What is known. Times are seconds. */
export interface Known {
  readonly queues: readonly QueueRow[];
  /** Jobs that the workers run at once, as far as they say, and jobs that they run. */
  readonly slots: { readonly all: number; readonly busy: number };
  /** Sums by jobtype and queue over the last hour. */
  readonly kinds: readonly KindRow[];
  /** Workers, and for how long they were not heard. */
  readonly workers: readonly { readonly wid: string; readonly silent: number }[];
  /** Undefined: no backups are made by themselves. */
  readonly backups:
    | { readonly age: number | undefined; readonly every: number; readonly failed: boolean }
    | undefined;
  /** Kinds of storage errors that last. */
  readonly storage: readonly ('locked' | 'full' | 'corrupt' | 'io' | 'gone' | 'log_gone' | 'lock_gone')[];
  /** `room`: bytes that are free on the disk and inside the store. */
  readonly disk: { readonly room: number; readonly reserve: number; readonly low: boolean };
  /** Seconds until the TLS certificate expires, when that is soon; negative: it has expired. */
  readonly certificate: number | undefined;
}

const MOST = 50; // lines
const WAITS_LONG = 60; // seconds
const WAITS_VERY_LONG = 600; // seconds
const BACKLOG = { jobs: 1000, seconds: 600 };
const FAILS_OFTEN = { failures: 5, share: 0.1 };
const SILENT = 30; // seconds; workers beat each 15
const WEEK = 7 * 86_400; // seconds
const LITTLE_DISK = 1_000_000_000; // bytes

export function attention(known: Known): Attention[] {
  const found = [
    ...known.storage.map((kind): Attention => ({ code: `storage_${kind}`, severity: 'high' })),
    ...ofDisk(known),
    ...ofBackups(known),
    ...ofCertificate(known),
    ...ofQueues(known),
    ...ofKinds(known),
    ...ofWorkers(known),
  ];
  const rank = ({ severity }: Attention): number => ['high', 'medium', 'low'].indexOf(severity);
  return found.sort((a, b) => rank(a) - rank(b) || (b.count ?? 0) - (a.count ?? 0)).slice(0, MOST);
}

function ofDisk({ disk: { room, reserve, low } }: Known): Attention[] {
  if (low) return [{ code: 'disk_reserve', severity: 'high', bytes: room }];
  return room < Math.max(LITTLE_DISK, reserve * 2)
    ? [{ code: 'disk_low', severity: 'high', bytes: room }]
    : [];
}

function ofCertificate({ certificate: seconds }: Known): Attention[] {
  if (seconds === undefined) return [];
  if (seconds < 0) return [{ code: 'certificate_expired', severity: 'high' }];
  return [{ code: 'certificate', severity: seconds < WEEK ? 'high' : 'medium', seconds }];
}

function ofBackups({ backups }: Known): Attention[] {
  if (!backups) return [];
  const { age, every, failed } = backups;
  if (failed)
    return [{ code: 'backup_failed', severity: 'high', ...(age !== undefined && { seconds: age }) }];
  if (age === undefined) return [{ code: 'backup_none', severity: 'low' }];
  return age > every * 2 ? [{ code: 'backup_old', severity: 'medium', seconds: age }] : [];
}

/** Each cause once: no worker for some queues, too few slots for all, else each queue by itself. */
function ofQueues(known: Known): Attention[] {
  const waiting = known.queues.filter(({ size }) => size > 0);
  const paused = waiting.filter((queue) => queue.paused);
  const open = waiting.filter((queue) => !queue.paused);
  const served = open.filter(({ workers }) => workers > 0);
  return [
    ...paused.map(
      ({ name: queue, size: count, latency: seconds }): Attention => ({
        code: 'paused',
        severity: 'low',
        queue,
        count,
        seconds,
      }),
    ),
    ...unserved(open.filter(({ workers, latency }) => workers === 0 && latency >= 5)),
    ...(slotsFull(known, served) ?? served.flatMap(slow)),
  ];
}

const jobsOf = (queues: readonly QueueRow[]): number => queues.reduce((sum, { size }) => sum + size, 0);
const longest = (queues: readonly QueueRow[]): number => Math.max(...queues.map(({ latency }) => latency));

function unserved(queues: readonly QueueRow[]): Attention[] {
  const [first, another] = queues;
  if (!first) return [];
  const [count, seconds] = [jobsOf(queues), longest(queues)];
  return another
    ? [{ code: 'unserved', severity: 'high', queues: queues.length, count, seconds }]
    : [{ code: 'no_worker', severity: 'high', queue: first.name, count, seconds }];
}

/** Full slots are why all these queues wait: then it is said once. */
function slotsFull({ slots: { all, busy } }: Known, queues: readonly QueueRow[]): Attention[] | undefined {
  if (all === 0 || busy < all || queues.length === 0) return undefined;
  const seconds = longest(queues);
  if (seconds < WAITS_LONG) return undefined;
  const severity = seconds < WAITS_VERY_LONG ? 'medium' : 'high';
  return [{ code: 'slots_full', severity, slots: all, count: jobsOf(queues), seconds }];
}

function slow({ name: queue, size: count, latency, rate_in, rate_out }: QueueRow): Attention[] {
  if (latency > WAITS_LONG && rate_in > rate_out) {
    const severity = latency < WAITS_VERY_LONG ? 'medium' : 'high';
    return [{ code: 'latency', severity, queue, count, seconds: latency }];
  }
  const seconds = rate_out === 0 ? 0 : count / rate_out;
  return count >= BACKLOG.jobs && seconds >= BACKLOG.seconds
    ? [{ code: 'backlog', severity: 'medium', queue, count, seconds }]
    : [];
}

function ofKinds({ kinds }: Known): Attention[] {
  const types = new Map<string, { ended: number; failed: number; dead: number }>();
  for (const { jobtype, done, failed, dead } of kinds) {
    const sum = types.get(jobtype) ?? { ended: 0, failed: 0, dead: 0 };
    types.set(jobtype, {
      ended: sum.ended + done + failed + dead,
      failed: sum.failed + failed + dead,
      dead: sum.dead + dead,
    });
  }
  return [...types].flatMap(([jobtype, { ended, failed, dead }]): Attention[] => {
    const share = ended === 0 ? 0 : failed / ended;
    if (failed >= FAILS_OFTEN.failures && share >= FAILS_OFTEN.share)
      return [
        {
          code: 'failing',
          severity: share > 0.5 ? 'high' : 'medium',
          jobtype,
          count: failed,
          share,
          ...(dead > 0 && { dead }),
        },
      ];
    return dead > 0 ? [{ code: 'dead', severity: 'medium', jobtype, count: dead }] : [];
  });
}

function ofWorkers({ workers }: Known): Attention[] {
  const silent = workers.filter((worker) => worker.silent > SILENT);
  return silent.map(({ wid: worker, silent: seconds }) => ({
    code: 'worker_silent',
    severity: 'medium',
    worker,
    seconds,
  }));
}
