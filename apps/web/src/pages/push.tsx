/**
 * Pushes a job with a form. It sends the job as typed, and does not send one with a known mistake.
 *
 * Another page passes a job by history state ({ draft }), because arguments may be too large for
 * an address.
 */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Send } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useHistoryState } from 'wouter/use-browser-location';
import { useLookAgain } from '../acting.ts';
import { api } from '../api.ts';
import { jobHref } from '../filter.ts';
import { useLive } from '../live.ts';
import { Button } from '../parts/button.tsx';
import { JsonField, useJsonWords } from '../parts/json-field.tsx';
import { Empty, ErrorNote } from '../parts/notes.tsx';
import { PageHead } from '../parts/section.tsx';
import { usePrefs } from '../prefs.ts';
import { useCan } from '../session.tsx';
import { usePage } from '../shell/title.ts';
import { fromField } from '../zone.ts';
import { type Draft, emptyDraft, jobText, lineJob, type Mistake, mistakesIn } from './push/draft.ts';
import { PushFields } from './push/fields.tsx';
import { Preview } from './push/preview.tsx';

/**
 * Cache key of an unsent job, kept until the page is closed, the user logs out, or some minutes
 * have passed.
 */
const kept = ['draft'];
const mostOffered = 500; // queues in the list of choices: more make it slow

export default function Push(): ReactNode {
  const { t } = useTranslation();
  usePage(t('shell.pages.push'));
  const can = useCan('push');
  return (
    <>
      <PageHead title={t('shell.pages.push')} />
      {can ? <Form /> : <Empty title={t('push.forbidden')} />}
    </>
  );
}

/** The mistake of a field in words. */
function useWords(): (mistake: Mistake | undefined) => string | undefined {
  const { t } = useTranslation();
  const jsonWords = useJsonWords();
  return (mistake) => {
    switch (mistake?.kind) {
      case undefined:
        return undefined;
      case 'json':
        return jsonWords(mistake.problem);
      case 'notArray':
      case 'notObject':
        return t(`parts.json.${mistake.kind}`);
      case 'missing':
        return t('push.jobtypeMissing');
      case 'queue':
        return t('push.queueWrong');
      case 'at':
        return t('push.atWrong');
      case 'range':
        return t('push.wrongNumber', { least: mistake.least, most: mistake.most });
    }
  };
}

function Form(): ReactNode {
  const { t } = useTranslation();
  const words = useWords();
  const lookAgain = useLookAgain();
  const { zone } = usePrefs();
  const given = useHistoryState<{ draft?: Partial<Draft> } | null>()?.draft;
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>({ ...emptyDraft, ...client.getQueryData<Draft>(kept), ...given });
  const [tried, setTried] = useState(false);
  const queues = Object.keys(useLive('queues') ?? {}).slice(0, mostOffered);
  const { data } = useQuery({ queryKey: ['jobtypes'], queryFn: api.jobtypes, staleTime: 30_000 });
  const mistakes = mistakesIn(draft);
  const at = draft.at ? fromField(draft.at, zone) : undefined;
  const text = jobText(draft, at);
  const pushed = (): void => {
    client.removeQueries({ queryKey: kept });
    lookAgain();
  };
  const push = useMutation({ mutationFn: () => api.push(text), onSuccess: pushed });
  const set = (change: Partial<Draft>) => {
    push.reset();
    const next = { ...draft, ...change };
    setDraft(next);
    client.setQueryData(kept, next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(mistakes).length === 0) push.mutate();
  };
  const shown = (field: keyof Draft) =>
    mistakes[field]?.kind === 'missing' && !tried ? undefined : words(mistakes[field]);
  const json = (field: 'args' | 'custom') => {
    const mistake = mistakes[field];
    return { mistake: words(mistake), line: mistake?.kind === 'json' ? mistake.problem.line : undefined };
  };
  return (
    <div className="grid gap-x-10 gap-y-6 lg:grid-cols-[minmax(0,1fr)_420px]">
      <form onSubmit={submit} noValidate className="flex max-w-3xl min-w-0 flex-col gap-3">
        <PushFields {...{ draft, set, shown, queues }} jobtypes={data?.jobtypes ?? []}>
          <JsonField
            label={t('push.args')}
            hint={t('push.argsHint')}
            value={draft.args}
            onChange={(args) => set({ args })}
            {...json('args')}
          />
        </PushFields>
        <JsonField
          label={t('push.custom')}
          hint={t('push.customHint')}
          value={draft.custom}
          onChange={(custom) => set({ custom })}
          rows={2}
          {...json('custom')}
        />
        {push.error && <ErrorNote problem={push.error} />}
        <div className="flex min-h-8 flex-wrap items-center gap-3">
          <Button type="submit" tone="accent" icon={Send} busy={push.isPending}>
            {t('push.submit')}
          </Button>
          <p role="status">
            {push.data && (
              <>
                {t('push.pushed')}{' '}
                <Link href={jobHref(push.data.jid)} className="link">
                  {t('push.openJob')}
                </Link>{' '}
                <code className="text-soft">{push.data.jid}</code>
              </>
            )}
          </p>
        </div>
      </form>
      <Preview text={text} command={lineJob(draft, at)} wrong={Object.keys(mistakes).length > 0} />
    </div>
  );
}
