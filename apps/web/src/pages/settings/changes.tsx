/**
 * The changes of the last ten minutes by all users, each with its number of jobs and an undo.
 *
 * Jobs that changed state after the change are not restored.
 */
import type { UndoableChange } from '@faktory-ts/protocol';
import { useQuery } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useUndo } from '../../acting.ts';
import { api } from '../../api.ts';
import { Button } from '../../parts/button.tsx';
import { ErrorNote, Skeleton } from '../../parts/notes.tsx';
import { Section } from '../../parts/section.tsx';
import { useCan } from '../../session.tsx';
import { Time } from '../../time.tsx';

/** The section. */
export function Changes(): ReactNode {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({
    queryKey: ['undo'],
    queryFn: api.undoable,
    refetchInterval: 10_000,
  });
  return (
    <Section title={t('settings.changes')}>
      {error && <ErrorNote problem={error} again={() => void refetch()} />}
      {!data && !error && <Skeleton lines={2} height={40} />}
      {data?.changes.length === 0 && <p className="py-2 text-soft">{t('settings.changesNone')}</p>}
      <ul>
        {data?.changes.map((change) => (
          <Change key={change.name} change={change} />
        ))}
      </ul>
    </Section>
  );
}

const actionNames = ['discard', 'kill', 'requeue', 'schedule', 'move', 'prioritize'] as const;

function Change({ change }: { change: UndoableChange }): ReactNode {
  const { t } = useTranslation();
  const undo = useUndo();
  const can = useCan('operate');
  const known = actionNames.find((name) => name === change.action);
  const action = known ? t(`actions.${known}`) : change.action;
  const jobs = t('settings.changeJobs', { count: change.count });
  return (
    <li className="flex items-center gap-3 border-b border-line py-1.5 last:border-0">
      <span className="min-w-0 grow">
        {t('settings.change', { action, jobs })}
        <span className="block text-sm text-faint">
          <Time at={change.at} /> {change.who && `· ${change.who}`}
        </span>
      </span>
      {can && (
        <Button
          small
          icon={Undo2}
          aria-label={t('settings.undoOf', { action, jobs })}
          onClick={() => void undo(change.name)}
        >
          {t('parts.undo')}
        </Button>
      )}
    </li>
  );
}
