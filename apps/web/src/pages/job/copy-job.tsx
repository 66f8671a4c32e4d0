/**
 * Pushes a copy of a job, or replaces the job by one with other arguments.
 *
 * The old job is discarded only after the server has the new one on disk. All members except the
 * arguments are kept as the client wrote them.
 */
import type { JobDetail } from '@faktory-ts/protocol';
import { CopyPlus, Pencil } from 'lucide-react';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useAct } from '../../acting.ts';
import { api } from '../../api.ts';
import { jobHref } from '../../filter.ts';
import { JsonProblem, readJson } from '../../json.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorNote } from '../../parts/notes.tsx';
import { toast } from '../../parts/toast.tsx';
import { useCan, useSession } from '../../session.tsx';
import { argsToEdit, copyText } from './texts.ts';

const hidden = '•••';

export function CopyJob({ job, gone }: { job: JobDetail; gone: boolean }): ReactNode {
  const { t } = useTranslation();
  const { redacted } = useSession();
  const [mode, setMode] = useState<'edit' | 'copy'>();
  const [mayPush, mayChange] = [useCan('push'), useCan('operate')];
  if (!mayPush || job.job_cut) return null;
  if (redacted && job.job.includes(hidden)) return <p className="text-sm text-faint">{t('job.hidden')}</p>;
  return (
    <>
      {mayChange && !gone && job.place !== 'working' && (
        <Button small icon={Pencil} onClick={() => setMode('edit')}>
          {t('job.edit')}
        </Button>
      )}
      <Button small icon={CopyPlus} onClick={() => setMode('copy')}>
        {t('job.copy')}
      </Button>
      <Editor job={job} mode={mode} onClose={() => setMode(undefined)} />
    </>
  );
}

function Editor(props: {
  job: JobDetail;
  mode: 'edit' | 'copy' | undefined;
  onClose: () => void;
}): ReactNode {
  const { t } = useTranslation();
  const form = useId();
  const { mode } = props;
  return (
    <Dialog
      wide
      open={mode !== undefined}
      onClose={props.onClose}
      title={t(mode === 'copy' ? 'job.copyTitle' : 'job.editTitle')}
      footer={
        <>
          <Button onClick={props.onClose}>{t('parts.cancel')}</Button>
          <Button tone="accent" type="submit" form={form}>
            {t('job.push')}
          </Button>
        </>
      }
    >
      {mode && <Form id={form} {...props} mode={mode} />}
    </Dialog>
  );
}

function Form(props: { id: string; job: JobDetail; mode: 'edit' | 'copy'; onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const { id, job, mode, onClose } = props;
  const [, go] = useLocation();
  const act = useAct();
  const [text, setText] = useState(() => argsToEdit(job.job));
  const [problem, setProblem] = useState<Error>();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    try {
      if (readJson(text).kind !== 'array') throw new Error(t('parts.json.notArray'));
      const { jid } = await api.push(copyText(job.job, text));
      toast(t('job.pushed', { jid }));
      onClose();
      go(jobHref(jid));
      // After going to the new job, because the old job's page would fetch the old job again.
      if (mode === 'edit')
        await act({ jids: [job.jid], places: [job.place], queues: [job.queue] }, { action: 'discard' });
    } catch (caught) {
      setProblem(
        caught instanceof JsonProblem
          ? new Error(t(`parts.json.${caught.mistake}`, { line: caught.line, column: caught.column }))
          : (caught as Error),
      );
    }
  };
  return (
    <form id={id} onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
      <p className="text-soft">{t(mode === 'copy' ? 'job.copyBody' : 'job.editBody')}</p>
      <label className="flex flex-col gap-1">
        {t('job.arguments')}
        <textarea
          value={text}
          onChange={(event) => setText(event.target.value)}
          rows={Math.min(20, Math.max(6, text.split('\n').length + 1))}
          spellCheck={false}
          dir="ltr"
          className="field h-auto py-2 font-mono text-sm"
        />
      </label>
      {problem && <ErrorNote problem={problem} />}
    </form>
  );
}
