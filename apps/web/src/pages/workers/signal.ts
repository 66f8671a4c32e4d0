/**
 * Sends quiet or stop to workers, after a question. A worker gets the signal with its next
 * heartbeat.
 *
 * Note: no signal ends quiet; the worker must be restarted.
 */
import { useTranslation } from 'react-i18next';
import { api } from '../../api.ts';
import { confirm } from '../../parts/confirm.tsx';
import { toast, toastError } from '../../parts/toast.tsx';

/** Signals one worker, shown as `name`, or `all` workers; `count` is their number. */
export function useSignal(): (
  wid: string,
  state: 'quiet' | 'terminate',
  count: number,
  name?: string,
) => Promise<void> {
  const { t } = useTranslation();
  return async (wid, state, count, name) => {
    const quiet = state === 'quiet';
    const body = quiet ? t('workers.quietBody') : t('workers.stopBody');
    const yes = await confirm({
      title: quiet ? t('workers.quietTitle', { count }) : t('workers.stopTitle', { count }),
      body,
      ...(name !== undefined && { about: [t('jobs.is', { name: t('workers.worker'), value: name })] }),
      yes: quiet ? t('workers.quiet') : t('workers.stop'),
      danger: !quiet,
    });
    if (!yes) return;
    try {
      const { signalled } = await api.signalWorkers(wid, state);
      toast(t('workers.signalled', { count: signalled }));
    } catch (problem) {
      toastError(problem);
    }
  };
}
