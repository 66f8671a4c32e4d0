/**
 * Placeholders for missing data: empty, failed, loading. Each offers a next step.
 *
 * Skeletons have the size of the content that they replace, so nothing moves.
 */
import { RotateCw, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../api.ts';
import { Button } from './button.tsx';

/** An empty state with a next step. */
export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <div className="px-4 py-10 text-center">
      <p className="font-medium">{title}</p>
      {children && <div className="mx-auto mt-1 max-w-prose text-soft">{children}</div>}
    </div>
  );
}

/** An error in words, with a retry button. */
export function ErrorNote({ problem, again }: { problem: Error; again?: () => void }): ReactNode {
  const { t } = useTranslation();
  const offline = problem instanceof ApiProblem && problem.status === 0;
  return (
    <div
      role="alert"
      className="my-2 flex flex-wrap items-center gap-3 border-s-2 border-dead bg-sunken px-3 py-2"
    >
      <TriangleAlert size={16} className="shrink-0 text-dead" aria-hidden />
      <p className="min-w-0 grow wrap-anywhere">{offline ? t('parts.unreachable') : problem.message}</p>
      {again && (
        <Button small icon={RotateCw} onClick={again}>
          {t('parts.tryAgain')}
        </Button>
      )}
    </div>
  );
}

/** A loading placeholder: `lines` of the given height in pixels. */
export function Skeleton({ lines = 1, height = 20 }: { lines?: number; height?: number }): ReactNode {
  const { t } = useTranslation();
  const numbers = [...Array(lines).keys()];
  return (
    <div role="status" aria-label={t('parts.loading')}>
      {numbers.map((line) => (
        <div key={line} style={{ height }} className="flex items-center">
          <div className="skeleton h-3" style={{ width: `${90 - ((line * 17) % 40)}%` }} />
        </div>
      ))}
    </div>
  );
}
