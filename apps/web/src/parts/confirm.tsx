/**
 * Asks the user before jobs are changed, with the number of jobs. Resolves with yes or no; the
 * caller makes the change.
 *
 * The button waits until the jobs are counted, unless the user chooses not to wait.
 */
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';
import type { Progress } from '../changes.ts';
import { count } from '../numbers.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { ErrorNote } from './notes.tsx';

/** A question. */
export interface Question {
  title: string;
  /**
   * What will happen, and whether it can be undone. With `counting` it gets the number when it is
   * known.
   */
  body: ReactNode | ((jobs: number | undefined) => ReactNode);
  /** The affected things by name, one per line. */
  about?: readonly string[];
  /** The text of the button. */
  yes: string;
  danger?: boolean;
  /** The action makes sense even when no job matches. */
  evenNone?: boolean;
  /** Counts the affected jobs; the question shows the progress. */
  counting?: (report: (progress: Progress) => void, signal: AbortSignal) => Promise<unknown>;
}

interface Asked extends Question {
  answer: (yes: boolean) => void;
}

let asked: Asked | undefined;
const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

function show(question: Asked | undefined): void {
  asked = question;
  for (const listener of listeners) listener();
}

/** Asks the user; resolves with true for yes. */
export function confirm(question: Question): Promise<boolean> {
  asked?.answer(false);
  return new Promise((resolve) => {
    const answer = (yes: boolean) => {
      show(undefined);
      resolve(yes);
    };
    show({ ...question, answer });
  });
}

/** The place where questions appear: once, in the shell. */
export function Confirmer(): ReactNode {
  const question = useSyncExternalStore(subscribe, () => asked);
  const { t } = useTranslation();
  const { progress, problem } = useCounting(question);
  const address = `${useLocation()[0]}?${useSearch()}`;
  // Going to another page answers a question with no.
  useEffect(() => {
    void address;
    return () => asked?.answer(false);
  }, [address]);
  const waiting = question?.counting !== undefined && !progress?.finished && !problem;
  return (
    <Dialog
      open={question !== undefined}
      onClose={() => question?.answer(false)}
      title={question?.title ?? ''}
      footer={
        question && (
          <>
            <Button onClick={() => question.answer(false)}>{t('parts.cancel')}</Button>
            <Button
              tone={question.danger ? 'danger' : 'accent'}
              disabled={progress?.finished === true && progress.jobs === 0 && !question.evenNone}
              onClick={() => question.answer(true)}
            >
              {waiting ? t('parts.withoutCount', { action: question.yes }) : question.yes}
            </Button>
          </>
        )
      }
    >
      {question && (
        <>
          {question.about && question.about.length > 0 && (
            <ul className="mb-2 max-h-40 overflow-y-auto wrap-anywhere">
              {question.about.map((line) => (
                <li key={line} dir="auto" className="font-medium">
                  {line}
                </li>
              ))}
            </ul>
          )}
          <div className="min-h-10 wrap-anywhere">
            {typeof question.body === 'function'
              ? question.body(progress?.finished ? progress.jobs : undefined)
              : question.body}
          </div>
          {waiting && (
            <p role="status" className="mt-2 flex items-center gap-2 text-soft tabular">
              <progress value={progress?.part ?? 0} className="h-1 w-24" aria-label={t('parts.counting')} />
              {t('parts.countedSoFar', { number: count(progress?.jobs ?? 0) })}
            </p>
          )}
          {problem && <ErrorNote problem={problem} />}
        </>
      )}
    </Dialog>
  );
}

function useCounting(question: Question | undefined): { progress?: Progress; problem?: Error } {
  const [state, setState] = useState<{ progress?: Progress; problem?: Error }>({});
  useEffect(() => {
    setState({});
    if (!question?.counting) return;
    const stop = new AbortController();
    question
      .counting((progress) => setState({ progress }), stop.signal)
      .catch((problem: Error) => stop.signal.aborted || setState({ problem }));
    return () => stop.abort();
  }, [question]);
  return state;
}
