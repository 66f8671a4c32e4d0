/**
 * Actions on queues: asks where needed, acts, reports the result.
 *
 * Clearing is an ordinary change of jobs and can be undone; removing a queue cannot.
 */
import { useTranslation } from 'react-i18next';
import { useAct, useLookAgain } from '../../acting.ts';
import { api } from '../../api.ts';
import { countJobs } from '../../changes.ts';
import type { Filter } from '../../filter.ts';
import { confirm } from '../../parts/confirm.tsx';
import { toast, toastError } from '../../parts/toast.tsx';
import { few } from '../jobs/filter-lines.ts';

/** The actions on queues. */
export interface QueueActs {
  pause: (names: readonly string[]) => Promise<void>;
  resume: (names: readonly string[]) => Promise<void>;
  clear: (names: readonly string[]) => Promise<void>;
  /** Resolves with true when the action was done. */
  remove: (name: string) => Promise<boolean>;
}

/** Hook: the actions on queues. */
export function useQueueActs(): QueueActs {
  const { t } = useTranslation();
  const act = useAct();
  const lookAgain = useLookAgain();
  const each = async (names: readonly string[], one: (name: string) => Promise<void>, done: string) => {
    try {
      for (const name of names) await one(name);
      toast(done);
    } catch (problem) {
      toastError(problem);
    }
    lookAgain();
  };
  const first = (names: readonly string[]) => names[0] ?? '';
  return {
    pause: (names) =>
      each(
        names,
        api.pauseQueue,
        names.length === 1
          ? t('queues.pausedDone', { name: first(names) })
          : t('queues.pauseMany', { count: names.length }),
      ),
    resume: (names) =>
      each(
        names,
        api.resumeQueue,
        names.length === 1
          ? t('queues.resumedDone', { name: first(names) })
          : t('queues.resumeMany', { count: names.length }),
      ),
    clear: async (names) => {
      const filter: Filter = { places: ['ready'], queues: names };
      const yes = await confirm({
        title:
          names.length === 1
            ? t('queues.clearTitle', { name: first(names) })
            : t('queues.clearMany', { count: names.length }),
        ...(names.length > 1 && { about: few(names) }),
        body: (count) => (count === undefined ? t('queues.clearBody') : t('queues.clearCount', { count })),
        yes: t('queues.clear'),
        danger: true,
        counting: (report, signal) => countJobs(filter, report, signal),
      });
      if (yes) await act(filter, { action: 'discard' });
    },
    remove: async (name) => {
      const yes = await confirm({
        title: t('queues.removeTitle', { name }),
        body: (count) => (count === undefined ? t('queues.removeBody') : t('queues.removeCount', { count })),
        yes: t('queues.remove'),
        danger: true,
        evenNone: true,
        counting: (report, signal) => countJobs({ places: ['ready'], queues: [name] }, report, signal),
      });
      if (yes) await each([name], api.removeQueue, t('queues.removed', { name }));
      return yes;
    },
  };
}
