/**
 * The list of problems that need attention, each with a link to where it can be solved. The server
 * decides content and order, worst first.
 */
import type { Attention } from '@faktory-ts/protocol';
import { CircleCheck, Info, OctagonAlert, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { errorsHref, queueHref } from '../../filter.ts';
import { useLive } from '../../live.ts';
import { bytes, count, duration, share } from '../../numbers.ts';
import { Skeleton } from '../../parts/notes.tsx';
import { Section } from '../../parts/section.tsx';

/** The page where the problem can be solved. */
function hrefOf({ code, queue, jobtype }: Attention): string {
  switch (code) {
    case 'no_worker':
    case 'latency':
    case 'backlog':
    case 'unserved':
    case 'paused':
      return queue ? queueHref(queue) : '/queues';
    // The errors page, because it lists failures of the last hour even when no job has them any
    // more.
    case 'failing':
    case 'dead':
      return errorsHref(jobtype);
    case 'slots_full':
    case 'worker_silent':
      return '/workers';
    default:
      return '/about';
  }
}

/** The list. */
export function AttentionList(): ReactNode {
  const { t } = useTranslation();
  const attention = useLive('attention');
  return (
    <Section title={t('overview.attention')}>
      {attention === undefined && <Skeleton lines={3} height={32} />}
      {attention?.length === 0 && (
        <p className="flex items-start gap-2 py-2">
          <CircleCheck size={16} aria-hidden className="mt-0.5 shrink-0 text-working" />
          <span>
            {t('overview.allWell')}
            <span className="block text-sm text-faint">{t('overview.allWellBody')}</span>
          </span>
        </p>
      )}
      <ul aria-live="polite">
        {attention?.map((one) => (
          <li
            key={`${one.code} ${one.queue} ${one.jobtype} ${one.worker}`}
            className="border-b border-line last:border-0"
          >
            <One one={one} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Shape and colour by severity. */
const marks = {
  high: [OctagonAlert, 'text-dead'],
  medium: [TriangleAlert, 'text-retries'],
  low: [Info, 'text-soft'],
} as const;

function One({ one }: { one: Attention }): ReactNode {
  const { t } = useTranslation();
  const [Icon, colour] = marks[one.severity];
  const values = {
    count: one.count ?? 0,
    queue: one.queue ?? '',
    queues: count(one.queues ?? 0),
    slots: count(one.slots ?? 0),
    jobtype: one.jobtype ?? '',
    worker: one.worker ?? '',
    share: share(one.share ?? 0),
    time: duration(one.seconds ?? 0),
    bytes: bytes(one.bytes ?? 0),
  };
  return (
    <Link href={hrefOf(one)} className="group flex items-start gap-2 py-2">
      <Icon size={16} aria-hidden className={`mt-0.5 shrink-0 ${colour}`} />
      <span className="sr-only">{t(`overview.severity.${one.severity}`)}</span>
      <span className="min-w-0 wrap-anywhere group-hover:underline">
        {t(`overview.codes.${one.code}`, values)}
      </span>
    </Link>
  );
}
