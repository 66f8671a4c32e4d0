/**
 * The frame around every page: rail, header, connection state, and the places for dialogs,
 * notices, shortcuts and commands.
 *
 * The whole window scrolls; rail and header stay in place.
 */
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { live, useConnection } from '../live.ts';
import { Button } from '../parts/button.tsx';
import { Confirmer } from '../parts/confirm.tsx';
import { Toasts } from '../parts/toast.tsx';
import { usePrefs } from '../prefs.ts';
import { useAskAgain, useSession } from '../session.tsx';
import { setServerClock } from '../time.tsx';
import { Header } from './header.tsx';
import type { Overlay } from './overlay.ts';
import { BottomBar, Rail } from './rail.tsx';
import { useShortcuts } from './shortcuts.ts';

const KeysDialog = lazy(() => import('./keys.tsx'));
const Palette = lazy(() => import('./palette.tsx'));

/** The frame around a page. */
export function Shell({ children }: { children: ReactNode }): ReactNode {
  const { t } = useTranslation();
  const session = useSession();
  const { narrowRail } = usePrefs();
  const [overlay, setOverlay] = useState<Overlay>('none');
  useEffect(() => setServerClock(session.now), [session.now]);
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, []);
  useShortcuts(setOverlay);
  useNewPage();
  return (
    <div
      className={`md:grid ${narrowRail ? 'md:grid-cols-[52px_minmax(0,1fr)]' : 'md:grid-cols-[196px_minmax(0,1fr)]'}`}
    >
      <button
        type="button"
        onClick={() => document.getElementById('content')?.focus()}
        className="fixed start-2 top-2 z-50 -translate-y-16 rounded-md bg-ink px-3 py-2 text-page focus:translate-y-0"
      >
        {t('shell.skip')}
      </button>
      <Rail />
      <div className="flex min-h-dvh min-w-0 flex-col pb-16 md:pb-0">
        <Header onOverlay={setOverlay} />
        <LostBar />
        <OldPageBar />
        <main
          id="content"
          tabIndex={-1}
          className="w-full max-w-[1680px] grow px-4 pt-4 pb-10 outline-none lg:px-6"
        >
          {children}
        </main>
      </div>
      <BottomBar />
      <Suspense>
        {overlay === 'keys' && <KeysDialog onClose={() => setOverlay('none')} />}
        {overlay === 'palette' && <Palette onClose={() => setOverlay('none')} />}
      </Suspense>
      <Confirmer />
      <Toasts />
    </div>
  );
}

/**
 * A new page starts at its top, with the focus on it for screen readers. Back and forward restore
 * the scroll position.
 */
function useNewPage(): void {
  const [path] = useLocation();
  const [first, setFirst] = useState(path);
  const back = useRef(false);
  useEffect(() => {
    const listen = () => {
      back.current = true;
    };
    window.addEventListener('popstate', listen);
    return () => window.removeEventListener('popstate', listen);
  }, []);
  useEffect(() => {
    if (path === first) return;
    setFirst('');
    if (!back.current) window.scrollTo(0, 0);
    back.current = false;
    document.getElementById('content')?.focus({ preventScroll: true });
  }, [path, first]);
}

/** Shown when the server got another version while this page was open. */
function OldPageBar(): ReactNode {
  const { t } = useTranslation();
  const { version } = useSession();
  const [ours] = useState(version);
  const askAgain = useAskAgain();
  const connection = useConnection();
  const away = useRef(false);
  useEffect(() => {
    if (away.current && connection !== 'lost') askAgain();
    away.current = connection === 'lost';
  }, [connection, askAgain]);
  if (version === ours) return null;
  return (
    <div role="status" className="flex items-center gap-3 border-b border-line bg-sunken px-4 py-1.5 lg:px-6">
      <p className="min-w-0 grow">{t('shell.newVersion')}</p>
      <Button small onClick={() => location.reload()}>
        {t('shell.reload')}
      </Button>
    </div>
  );
}

function LostBar(): ReactNode {
  const { t } = useTranslation();
  const lost = useConnection() === 'lost';
  return (
    // Overlaps the page, so that the content does not move.
    <div role="status" className="sticky top-(--header) z-20 h-0">
      {lost && (
        <div className="flex items-center gap-3 border-b border-retries bg-sunken px-4 py-1.5 shadow-float lg:px-6">
          <span className="size-2 shrink-0 animate-pulse rounded-full bg-retries" aria-hidden />
          <p className="min-w-0 grow">{t('shell.lostBar')}</p>
          <Button small onClick={live.retryNow}>
            {t('shell.retryNow')}
          </Button>
        </div>
      )}
    </div>
  );
}
