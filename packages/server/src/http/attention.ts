/**
 * What wants a person's eye, worst first. Pure: what is known goes in, and each line says one thing that somebody can look into.
 *
 * It must never cry about what is as it should be: a queue that is being worked on is quiet however long, and a single failure is none.
 */
import type { Attention, KindRow, QueueRow } from '@faktory-ts/protocol';

/** What is known. Times are seconds. */
export interface Known {
  readonly queues: readonly QueueRow[];
  /** Sums by jobtype and queue over the last hour. */
  readonly kinds: readonly KindRow[];
  /** Workers, and for how long they were not heard. */
  readonly workers: readonly { readonly wid: string; readonly silent: number }[];
  /** Undefined: no backups are made by themselves. */
  readonly backups:
    | { readonly age: number | undefined; readonly every: number; readonly failed: boolean }
    | undefined;
  /** Kinds of storage errors that last. */
  readonly storage: readonly ('locked' | 'full' | 'corrupt' | 'io')[];
  /** `room`: bytes that are free on the disk and inside the store. */
  readonly disk: { readonly room: number; readonly reserve: number; readonly low: boolean };
  /** Seconds until the TLS certificate expires, when that is soon; negative: it has expired. */
  readonly certificate: number | undefined;
}

const MOST = 50; // lines
const WAITS_LONG = 60; // seconds
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
  const rank = ({ severity }: Attention): number => (severity === 'high' ? 0 : 1);
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
  return [{ code: 'certificate', severity: seconds < WEEK ? 'high' : 'low', seconds }];
}

function ofBackups({ backups }: Known): Attention[] {
  if (!backups) return [];
  const { age, every, failed } = backups;
  if (failed)
    return [{ code: 'backup_failed', severity: 'high', ...(age !== undefined && { seconds: age }) }];
  if (age === undefined) return [{ code: 'backup_none', severity: 'low' }];
  return age > every * 2 ? [{ code: 'backup_old', severity: 'high', seconds: age }] : [];
}

function ofQueues({ queues }: Known): Attention[] {
  return queues.flatMap(
    ({ name: queue, size: count, paused, workers, latency: seconds, rate_in, rate_out }): Attention[] => {
      if (count === 0) return [];
      if (paused) return [{ code: 'paused', severity: 'low', queue, count, seconds }];
      if (workers === 0 && seconds >= 5)
        return [{ code: 'no_worker', severity: 'high', queue, count, seconds }];
      const grows = rate_in > rate_out;
      return seconds > WAITS_LONG && grows
        ? [{ code: 'latency', severity: 'high', queue, count, seconds }]
        : [];
    },
  );
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
    const often = failed >= FAILS_OFTEN.failures && share >= FAILS_OFTEN.share;
    return [
      ...(dead > 0 ? [{ code: 'dead', severity: 'high', jobtype, count: dead } as const] : []),
      ...(often
        ? [
            {
              code: 'failing',
              severity: share > 0.5 ? 'high' : 'low',
              jobtype,
              count: failed,
              share,
            } as const,
          ]
        : []),
    ];
  });
}

function ofWorkers({ workers }: Known): Attention[] {
  const silent = workers.filter((worker) => worker.silent > SILENT);
  return silent.map(({ wid: worker, silent: seconds }) => ({
    code: 'worker_silent',
    severity: 'low',
    worker,
    seconds,
  }));
}
