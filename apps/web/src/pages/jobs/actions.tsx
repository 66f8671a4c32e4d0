/**
 * Actions on selected jobs, on all matching jobs, or on one job: asks, changes, offers the undo.
 *
 * The change uses the same filter as the question. Note: the server never changes jobs that a
 * worker is running.
 */
import type { JobAction, LiveStats } from '@faktory-ts/protocol';
import { ArrowRightLeft, CalendarClock, ListOrdered, Play, Skull, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAct } from '../../acting.ts';
import { countJobs, type Progress } from '../../changes.ts';
import type { Filter } from '../../filter.ts';
import { useLive } from '../../live.ts';
import { exact } from '../../numbers.ts';
import { Button } from '../../parts/button.tsx';
import { confirm } from '../../parts/confirm.tsx';
import { useSession } from '../../session.tsx';
import { ActionDialog, type WithValue } from './action-dialog.tsx';
import { filterLines } from './filter-lines.ts';

const looks = {
  requeue: Play,
  kill: Skull,
  discard: Trash2,
  schedule: CalendarClock,
  move: ArrowRightLeft,
  prioritize: ListOrdered,
} as const;

/** The actions, in the order in which they are shown. */
export type ActionName = keyof typeof looks;
const all: readonly ActionName[] = ['requeue', 'schedule', 'move', 'prioritize', 'kill', 'discard'];

/**
 * Buttons for the actions on the jobs of a filter. `count`: the number of these jobs; undefined:
 * they are counted first.
 */
export function JobActions({
  filter,
  count,
  about,
  actions = all,
  sure = false,
  onDone,
}: {
  filter: Filter;
  count?: number;
  /** The lines that the question shows; by default the parts of the filter. */
  about?: readonly string[];
  actions?: readonly ActionName[];
  /** Acts without a question: it is one job, and the user can undo it. */
  sure?: boolean;
  onDone?: () => void;
}): ReactNode {
  const { t } = useTranslation();
  const { rights } = useSession();
  const act = useAct();
  const stats = useLive('stats');
  const [asking, setAsking] = useState<WithValue>();
  const [progress, setProgress] = useState<Progress>();
  if (!rights.includes('operate') && !rights.includes('admin')) return null;
  const run = async (action: JobAction): Promise<void> => {
    setAsking(undefined);
    const name = action.action;
    const known = { count };
    const excess = (jobs: number | undefined) => (name === 'kill' ? excessOf(stats, filter, jobs) : 0);
    const question = {
      title: t(`jobs.ask.${name}`),
      yes: t(`actions.${name}`),
      about: about ?? filterLines(t, filter),
      danger: name === 'discard' || name === 'kill',
      body: (counted: number | undefined) => (
        <Concerned
          count={count ?? counted}
          excess={excess(count ?? counted)}
          limit={stats?.dead_limit ?? 0}
        />
      ),
      ...(count === undefined && {
        counting: async (report: (progress: Progress) => void, signal: AbortSignal) => {
          known.count = await countJobs(filter, report, signal);
        },
      }),
    };
    if ((!sure || excess(count) > 0) && !(await confirm(question))) return;
    setProgress({ jobs: 0, part: 0, finished: false });
    // The server refuses to evict more dead jobs than the user confirmed.
    const evicts = name === 'kill' && excess(known.count) > 0;
    const changed = await act(filter, evicts ? { action: 'kill', evict: true } : action, setProgress);
    setProgress(undefined);
    if (changed !== undefined) onDone?.();
  };
  const begin = (name: ActionName): void => {
    if (name === 'schedule' || name === 'move' || name === 'prioritize') setAsking(name);
    else void run({ action: name });
  };
  return (
    <>
      {actions.map((name) => (
        <Button
          key={name}
          small
          icon={looks[name]}
          busy={progress !== undefined}
          disabled={count === 0}
          onClick={() => begin(name)}
        >
          {t(`actions.${name}`)}
        </Button>
      ))}
      {progress && (
        <span role="status" className="text-sm text-soft tabular">
          {t('jobs.doing', { number: exact(progress.jobs) })}
        </span>
      )}
      <ActionDialog
        name={asking}
        onClose={() => setAsking(undefined)}
        onChosen={(action) => void run(action)}
      />
    </>
  );
}

/** The largest number of dead jobs that a kill evicts: some killed jobs may be dead already. */
function excessOf(stats: LiveStats | undefined, { places }: Filter, jobs = 0): number {
  const killsNone = places?.every((place) => place === 'dead' || place === 'working') ?? false;
  if (!stats || stats.dead_limit === 0 || killsNone) return 0;
  return Math.max(0, stats.dead + jobs - stats.dead_limit);
}

function Concerned(props: { count: number | undefined; excess: number; limit: number }): ReactNode {
  const { count, excess, limit } = props;
  const { t } = useTranslation();
  return (
    <>
      <p className="font-medium">
        {count === undefined ? t('jobs.ask.unknown') : t('jobs.ask.count', { count })}
      </p>
      {excess > 0 && (
        <p className="mt-1 font-medium text-dead">
          {t('jobs.ask.evicts', { limit: exact(limit), number: exact(excess) })}
        </p>
      )}
      <p className="mt-1 text-soft">{t('jobs.ask.working')}</p>
      <p className="text-soft">{t('actions.undoable')}</p>
    </>
  );
}
