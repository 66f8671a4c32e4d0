/**
 * Shows a job’s state as a shape with a word, and priorities as a bar. Each state has its own
 * shape, so colour is never the only sign.
 */
import type { JobPlace } from '@faktory-ts/protocol';
import { CalendarClock, CircleDot, CirclePlay, type LucideIcon, RotateCcw, Skull } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { exact } from '../numbers.ts';

/** Shape and colour of each state. */
export const placeLooks: Readonly<
  Record<JobPlace, { icon: LucideIcon; text: string; bg: string; token: string }>
> = {
  scheduled: { icon: CalendarClock, text: 'text-scheduled', bg: 'bg-scheduled', token: '--color-scheduled' },
  ready: { icon: CircleDot, text: 'text-ready', bg: 'bg-ready', token: '--color-ready' },
  working: { icon: CirclePlay, text: 'text-working', bg: 'bg-working', token: '--color-working' },
  retries: { icon: RotateCcw, text: 'text-retries', bg: 'bg-retries', token: '--color-retries' },
  dead: { icon: Skull, text: 'text-dead', bg: 'bg-dead', token: '--color-dead' },
};

/** A state with its shape. */
export function StateBadge({ place }: { place: JobPlace }): ReactNode {
  const { t } = useTranslation();
  const { icon: Icon, text } = placeLooks[place];
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${text}`}>
      <Icon size={14} strokeWidth={2} aria-hidden className="shrink-0" />
      {t(`parts.places.${place}`)}
    </span>
  );
}

/** A priority as a bar of nine steps. */
export function PriorityMark({ priority }: { priority: number }): ReactNode {
  const { t } = useTranslation();
  return (
    <span
      role="img"
      aria-label={t('parts.priority', { priority })}
      className="inline-flex items-center gap-1.5 tabular"
    >
      <span aria-hidden className="flex h-3 items-end gap-px">
        {[1, 3, 5, 7, 9].map((step) => (
          <span
            key={step}
            className={`w-[3px] ${priority >= step ? 'bg-ready' : 'bg-line'}`}
            style={{ height: `${3 + step}px` }}
          />
        ))}
      </span>
      {priority}
    </span>
  );
}

const shades = [28, 34, 40, 48, 56, 66, 78, 90, 100];

/** Ready jobs by priority, the highest first: `priorities[0]` are those of priority 1. */
export function PriorityBar({ priorities }: { priorities: readonly number[] }): ReactNode {
  const { t } = useTranslation();
  const all = priorities.reduce((sum, n) => sum + n, 0);
  const parts = priorities
    .map((jobs, i) => ({ jobs, priority: i + 1 }))
    .filter(({ jobs }) => jobs > 0)
    .reverse();
  const words = parts.map((part) =>
    t('parts.priorityPart', { priority: part.priority, number: exact(part.jobs) }),
  );
  return (
    <span
      role="img"
      aria-label={words.length > 0 ? words.join(', ') : t('parts.noJobs')}
      data-tip={words.join('\n')}
      className="flex h-2 w-full overflow-hidden rounded-sm bg-sunken"
    >
      {parts.map(({ jobs, priority }) => (
        <span
          key={priority}
          style={{
            flexGrow: jobs / Math.max(1, all),
            background: `color-mix(in oklab, var(--color-ready) ${shades[priority - 1]}%, var(--color-page))`,
          }}
          className="min-w-[3px]"
        />
      ))}
    </span>
  );
}
