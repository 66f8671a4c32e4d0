/**
 * Short notices at the bottom edge: a result with an undo, or an error.
 *
 * A notice stays while the pointer or the focus is on it; an error stays until it is closed.
 */
import i18next from 'i18next';
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../api.ts';
import { Button, IconButton } from './button.tsx';

interface Notice {
  id: number;
  text: string;
  bad: boolean;
  undo: (() => void) | undefined;
}

const stay = 8000; // ms
const stayWithUndo = 20_000; // ms
const most = 4;
const listeners = new Set<() => void>();
let notices: readonly Notice[] = [];
let lastId = 0;

function set(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Shows a notice. */
export function toast(text: string, options: { bad?: boolean; undo?: () => void } = {}): void {
  const notice = { id: ++lastId, text, bad: options.bad ?? false, undo: options.undo };
  set([...notices.slice(1 - most), notice]);
}

/**
 * Shows the message of an error. For an unreachable server it shows our own text, because the
 * browser's is in its own language.
 */
export function toastError(problem: unknown): void {
  const away = problem instanceof ApiProblem && problem.status === 0;
  const said = problem instanceof Error ? problem.message : String(problem);
  toast(away ? i18next.t('parts.unreachable') : said, { bad: true });
}

const close = (id: number) => set(notices.filter((notice) => notice.id !== id));

/** The place where notices appear: once, in the shell. */
export function Toasts(): ReactNode {
  const { t } = useTranslation();
  const shown = useSyncExternalStore(subscribe, () => notices);
  return (
    <section
      aria-label={t('parts.notices')}
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-14 z-50 flex flex-col items-center gap-2 p-3 md:bottom-0"
    >
      {shown.map((notice) => (
        <Toast key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

function Toast({ notice }: { notice: Notice }): ReactNode {
  const { t } = useTranslation();
  const [held, setHeld] = useState(false);
  const { id, bad, undo } = notice;
  useEffect(() => {
    if (held || bad) return;
    const timer = setTimeout(() => close(id), undo ? stayWithUndo : stay);
    return () => clearTimeout(timer);
  }, [held, bad, undo, id]);
  return (
    <div
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className={`pointer-events-auto flex max-w-xl items-center gap-2 rounded-md border bg-raised py-1.5 ps-3 pe-1.5 shadow-float ${bad ? 'border-dead' : 'border-edge'}`}
    >
      <p role={bad ? 'alert' : undefined} className="min-w-0 wrap-anywhere">
        {notice.text}
      </p>
      {undo && (
        <Button
          small
          onClick={() => {
            close(id);
            undo();
          }}
        >
          {t('parts.undo')}
        </Button>
      )}
      <IconButton small icon={X} label={t('parts.close')} onClick={() => close(id)} />
    </div>
  );
}
