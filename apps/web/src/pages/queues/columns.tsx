/**
 * The columns of the queues table. Actions appear only for users who may use them.
 *
 * A queue without a worker is marked only when it has jobs.
 */
import type { QueueRow } from '@faktory-ts/protocol';
import { EllipsisVertical, Eraser, Pause, Play, Trash2 } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { queueHref } from '../../filter.ts';
import { count, rate } from '../../numbers.ts';
import { IconButton } from '../../parts/button.tsx';
import { Menu, MenuItem, MenuLine } from '../../parts/menu.tsx';
import { PriorityBar } from '../../parts/state.tsx';
import type { Column } from '../../parts/table-columns.tsx';
import { useCan } from '../../session.tsx';
import { serverNow } from '../../time.tsx';
import { useQueueActs } from './acts.ts';
import { Latency, secondsWaited } from './latency.tsx';
import { Outlook, secondsToEmpty } from './outlook.tsx';

/** The columns. */
export function useQueueColumns(): Column<QueueRow>[] {
  const { t } = useTranslation();
  const can = useCan('operate');
  return useMemo(() => {
    const columns: Column<QueueRow>[] = [
      {
        id: 'name',
        label: t('queues.name'),
        width: 'minmax(140px, 3fr)',
        main: true,
        sort: (queue) => queue.name,
        cell: (queue) => <Name queue={queue} />,
      },
      {
        id: 'size',
        label: t('queues.size'),
        width: '84px',
        end: true,
        sort: (queue) => queue.size,
        cell: (queue) => <span className="tabular">{count(queue.size)}</span>,
      },
      {
        id: 'priorities',
        label: t('queues.priorities'),
        width: 'minmax(80px, 1fr)',
        wide: true,
        cell: (queue) => <PriorityBar priorities={queue.priorities} />,
      },
      {
        id: 'latency',
        label: t('queues.latency'),
        width: '88px',
        end: true,
        sort: (queue) => secondsWaited(queue, serverNow()),
        cell: (queue) => <Latency queue={queue} />,
      },
      perSecond('in', t('queues.rateIn'), (queue) => queue.rate_in),
      perSecond('out', t('queues.rateOut'), (queue) => queue.rate_out),
      {
        id: 'empty',
        label: t('queues.empty'),
        width: '96px',
        end: true,
        sort: (queue) => secondsToEmpty(queue) ?? Number.MAX_SAFE_INTEGER,
        cell: (queue) => <Outlook queue={queue} />,
      },
      {
        id: 'workers',
        label: t('queues.workers'),
        width: '72px',
        end: true,
        sort: (queue) => queue.workers,
        cell: (queue) => <Workers queue={queue} />,
      },
    ];
    const actions: Column<QueueRow> = {
      id: 'actions',
      label: t('queues.actions'),
      width: '32px',
      bare: true,
      cell: (queue) => <QueueMenu queue={queue} />,
    };
    return can ? [...columns, actions] : columns;
  }, [t, can]);
}

const perSecond = (id: string, label: string, of: (queue: QueueRow) => number): Column<QueueRow> => ({
  id,
  label,
  width: '68px',
  end: true,
  sort: of,
  cell: (queue) => <span className="tabular">{rate(of(queue))}</span>,
});

function Name({ queue }: { queue: QueueRow }): ReactNode {
  const { t } = useTranslation();
  return (
    <span className="flex items-center gap-2">
      <Link href={queueHref(queue.name)} dir="auto" className="min-w-[24px] truncate hover:underline">
        {queue.name}
      </Link>
      {queue.paused && (
        <span className="flex shrink-0 items-center gap-1 text-sm text-retries">
          <Pause size={13} aria-hidden />
          {t('queues.paused')}
        </span>
      )}
    </span>
  );
}

function Workers({ queue }: { queue: QueueRow }): ReactNode {
  const { t } = useTranslation();
  if (queue.workers > 0) return <span className="tabular">{count(queue.workers)}</span>;
  return (
    <span className={queue.size > 0 ? 'font-medium text-dead' : 'text-faint'}>{t('queues.noWorkers')}</span>
  );
}

/** The menu of actions on one queue. */
export function QueueMenu({ queue, onRemoved }: { queue: QueueRow; onRemoved?: () => void }): ReactNode {
  const { t } = useTranslation();
  const acts = useQueueActs();
  const names = [queue.name];
  const remove = async () => {
    if (await acts.remove(queue.name)) onRemoved?.();
  };
  return (
    <Menu
      trigger={
        <IconButton small icon={EllipsisVertical} label={t('queues.actionsOf', { name: queue.name })} />
      }
    >
      {queue.paused ? (
        <MenuItem icon={Play} onSelect={() => void acts.resume(names)}>
          {t('queues.resume')}
        </MenuItem>
      ) : (
        <MenuItem icon={Pause} onSelect={() => void acts.pause(names)}>
          {t('queues.pause')}
        </MenuItem>
      )}
      <MenuItem icon={Eraser} onSelect={() => void acts.clear(names)}>
        {t('queues.clear')}
      </MenuItem>
      <MenuLine />
      <MenuItem danger icon={Trash2} onSelect={() => void remove()}>
        {t('queues.remove')}
      </MenuItem>
    </Menu>
  );
}
