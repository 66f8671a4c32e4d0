/**
 * Refetches a list after a change, but not more often than its page allows.
 *
 * Note: it does not wait for changes to stop, because on a busy server they never do.
 */
import { useEffect, useRef } from 'react';
import { usePrefs } from './prefs.ts';

/**
 * Refetches when `what` has changed, at most every `least` milliseconds; not while `still`, nor
 * while updates are paused.
 */
export function useLookAgainAt(what: unknown, look: () => void, least: number, still: boolean): void {
  const { rate } = usePrefs();
  const looked = useRef<{ at: number; what: unknown }>({ at: Number.NEGATIVE_INFINITY, what: undefined });
  const latest = useRef(look);
  latest.current = look;
  useEffect(() => {
    if (still || what === undefined || rate === 0 || looked.current.what === what) return;
    const first = looked.current.what === undefined;
    const wait = first ? 0 : Math.max(0, looked.current.at + Math.max(least, rate) - performance.now());
    const timer = setTimeout(() => {
      looked.current = { at: performance.now(), what };
      if (!first) latest.current();
    }, wait);
    return () => clearTimeout(timer);
  }, [what, least, still, rate]);
}
