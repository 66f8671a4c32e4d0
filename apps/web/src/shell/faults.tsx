/**
 * Shown when a page cannot be: it crashed, it does not exist, or the server does not answer.
 *
 * Note: after an update of the server the code of a page may fail to load; a reload fixes this.
 */
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { Button } from '../parts/button.tsx';
import { ErrorNote } from '../parts/notes.tsx';

class Catcher extends Component<{ children: ReactNode }, { problem?: Error }> {
  override state: { problem?: Error } = {};

  static getDerivedStateFromError(problem: Error): { problem: Error } {
    return { problem };
  }

  override render(): ReactNode {
    return this.state.problem ? <Crashed problem={this.state.problem} /> : this.props.children;
  }
}

/** Catches the crash of one page; going to another page clears it. */
export function Fault({ children }: { children: ReactNode }): ReactNode {
  const [location] = useLocation();
  return <Catcher key={location}>{children}</Catcher>;
}

function Crashed({ problem }: { problem: Error }): ReactNode {
  const { t } = useTranslation();
  return (
    <section className="mx-auto max-w-xl py-10">
      <h1 className="text-lg">{t('shell.crashed')}</h1>
      <p className="mt-1 text-soft">{t('shell.crashedBody')}</p>
      <ErrorNote problem={problem} />
      <Button onClick={() => location.reload()}>{t('shell.reload')}</Button>
    </section>
  );
}

/** Shown at an address that has no page. */
export function NotFound(): ReactNode {
  const { t } = useTranslation();
  return (
    <section className="mx-auto max-w-xl py-10">
      <h1 className="text-lg">{t('shell.notFound')}</h1>
      <p className="mt-1 mb-3 text-soft">{t('shell.notFoundBody')}</p>
      <Link href="/" className="link">
        {t('shell.toOverview')}
      </Link>
    </section>
  );
}

/** Shown when the server does not report who is logged in. */
export function StartFailed({ problem, again }: { problem: Error; again: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <main className="mx-auto max-w-xl p-6">
      <h1 className="text-lg">{t('shell.startFailed')}</h1>
      <ErrorNote problem={problem} again={again} />
    </main>
  );
}
