/**
 * The side of the overview: the queues with the highest latency, and the load of each machine.
 * Links lead to the full lists.
 *
 * The bars have a logarithmic scale, so that a minute and a day both show.
 */
import type { QueueRow, WorkerStatus } from '@faktory-ts/protocol';
import { Pause } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { queueHref } from '../../filter.ts';
import { useLive } from '../../live.ts';
import { count, rate } from '../../numbers.ts';
import { Skeleton } from '../../parts/notes.tsx';
import { Section } from '../../parts/section.tsx';
import { useNow } from '../../time.tsx';
import { Latency, secondsWaited } from '../queues/latency.tsx';

const shown = 8;
const barPart = (seconds: number, longest: number) => Math.log1p(seconds) / Math.max(1, Math.log1p(longest));

const All = ({ href, children }: { href: string; children: ReactNode }) => (
  <Link href={href} className="link text-sm">
    {children}
  </Link>
);

/** The queues with the highest latency. */
export function SlowQueues(): ReactNode {
  const { t } = useTranslation();
  const queues = useLive('queues');
  const now = useNow();
  const rows = Object.values(queues ?? {})
    .map((queue) => ({ queue, waited: secondsWaited(queue, now) }))
    .sort(
      (a, b) =>
        b.waited - a.waited || b.queue.size - a.queue.size || a.queue.name.localeCompare(b.queue.name),
    )
    .slice(0, shown);
  return (
    <Section title={t('overview.byLatency')} actions={<All href="/queues">{t('overview.allQueues')}</All>}>
      {queues === undefined && <Skeleton lines={6} height={40} />}
      {queues && rows.length === 0 && <p className="py-2 text-soft">{t('overview.noQueues')}</p>}
      <ul>
        {rows.map(({ queue, waited }) => (
          <SlowQueue key={queue.name} queue={queue} part={barPart(waited, rows[0]?.waited ?? 0)} />
        ))}
      </ul>
    </Section>
  );
}

function SlowQueue({ queue, part }: { queue: QueueRow; part: number }): ReactNode {
  const { t } = useTranslation();
  return (
    <li className="relative border-b border-line last:border-0">
      <Link href={queueHref(queue.name)} className="group flex h-11 flex-col justify-center">
        <span className="flex items-center gap-2">
          <span dir="auto" className="min-w-0 truncate group-hover:underline">
            {queue.name}
          </span>
          {queue.paused && (
            <Pause size={13} aria-label={t('queues.paused')} className="shrink-0 text-retries" />
          )}
          <span className="ms-auto shrink-0 whitespace-nowrap">
            <Latency queue={queue} />
          </span>
        </span>
        <span className="truncate text-xs text-faint tabular">
          {t('overview.queueNumbers', { size: count(queue.size), rate: rate(queue.rate_out) })}
        </span>
      </Link>
      {queue.size > 0 && (
        <span
          aria-hidden
          className="absolute start-0 -bottom-px h-[2px] bg-ready"
          style={{ width: `${100 * part}%` }}
        />
      )}
    </li>
  );
}

function byHost(workers: readonly WorkerStatus[]): { host: string; jobs: number; workers: number }[] {
  const hosts = new Map<string, { host: string; jobs: number; workers: number }>();
  for (const worker of workers) {
    const host = hosts.get(worker.hostname) ?? { host: worker.hostname, jobs: 0, workers: 0 };
    host.jobs += worker.jobs.length;
    host.workers += 1;
    hosts.set(worker.hostname, host);
  }
  return [...hosts.values()].sort((a, b) => b.jobs - a.jobs || a.host.localeCompare(b.host));
}

/** The running jobs of each machine. */
export function Hosts(): ReactNode {
  const { t } = useTranslation();
  const workers = useLive('workers');
  const hosts = byHost(Object.values(workers ?? {}));
  const most = Math.max(1, ...hosts.map((host) => host.jobs));
  return (
    <Section title={t('overview.workers')} actions={<All href="/workers">{t('overview.allWorkers')}</All>}>
      {workers === undefined && <Skeleton lines={3} height={32} />}
      {workers && hosts.length === 0 && <p className="py-2 text-soft">{t('overview.noWorkers')}</p>}
      <ul>
        {hosts.slice(0, shown).map(({ host, jobs, workers: processes }) => (
          <li key={host} className="relative flex h-8 items-center gap-2 border-b border-line last:border-0">
            <span dir="auto" className="min-w-0 truncate">
              {host}
            </span>
            <span className="shrink-0 text-xs text-faint">
              {t('workers.processes', { count: processes })}
            </span>
            <span className="ms-auto shrink-0 text-sm tabular">{t('overview.host', { count: jobs })}</span>
            <span
              aria-hidden
              className="absolute start-0 -bottom-px h-[2px] bg-working"
              style={{ width: `${(100 * jobs) / most}%` }}
            />
          </li>
        ))}
      </ul>
    </Section>
  );
}
