/**
 * Changes jobs from a page: sends the change, reports the result, offers an undo, and refreshes
 * every list.
 *
 * Callers that change many jobs ask the user first (parts/confirm.tsx).
 */
import type { JobAction } from '@faktory-ts/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { changeJobs, type Progress, undoChange } from './changes.ts';
import type { Filter } from './filter.ts';
import { live } from './live.ts';
import { exact } from './numbers.ts';
import { toast, toastError } from './parts/toast.tsx';

const doneWords = {
  discard: 'actions.doneDiscard',
  kill: 'actions.doneKill',
  requeue: 'actions.doneRequeue',
  schedule: 'actions.doneSchedule',
  move: 'actions.doneMove',
  prioritize: 'actions.donePrioritize',
} as const;

/** Refreshes every list, count and job on the page. */
export function useLookAgain(): () => void {
  const client = useQueryClient();
  return useCallback(() => {
    live.showChange();
    for (const key of ['jobs', 'job', 'queues', 'errors', 'undo', 'workers'])
      void client.invalidateQueries({ queryKey: [key] });
  }, [client]);
}

/** Undoes a change by its undo id and reports the result. */
export function useUndo(): (name: string) => Promise<void> {
  const { t } = useTranslation();
  const lookAgain = useLookAgain();
  return async (name) => {
    try {
      const { undone, kept } = await undoChange(name);
      if (kept > 0) toast(t('actions.undoneKept', { undone: exact(undone), kept: exact(kept) }));
      else toast(t('actions.undone', { count: undone }));
    } catch (problem) {
      toastError(problem);
    }
    lookAgain();
  };
}

/**
 * Changes all matching jobs; resolves with the number of changed jobs, or `undefined` after a
 * failure, which it has reported.
 */
export function useAct(): (
  filter: Filter,
  action: JobAction,
  report?: (progress: Progress) => void,
) => Promise<number | undefined> {
  const { t } = useTranslation();
  const lookAgain = useLookAgain();
  const undo = useUndo();
  return async (filter, action, report) => {
    try {
      const changed = await changeJobs(filter, action, report);
      if (changed.jobs === 0) toast(t('actions.nothing'));
      else
        toast(t(doneWords[action.action], { count: changed.jobs }), { undo: () => void undo(changed.undo) });
      return changed.jobs;
    } catch (problem) {
      toastError(problem);
      return undefined;
    } finally {
      lookAgain();
    }
  };
}
