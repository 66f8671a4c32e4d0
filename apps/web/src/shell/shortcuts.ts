/**
 * The keyboard shortcuts that work on every page. They do nothing while the user types or a dialog
 * is open.
 */
import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { pages } from '../routes.ts';
import type { Overlay } from './overlay.ts';

const patience = 1200; // ms to wait for the second key, after `g`

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type=checkbox]),textarea,select'));

/** Handles the keyboard shortcuts. */
export function useShortcuts(show: (overlay: Overlay) => void): void {
  const [, go] = useLocation();
  const latest = useRef({ show, go });
  latest.current = { show, go };
  useEffect(() => {
    let going = 0;
    const listen = (event: KeyboardEvent) => {
      const { show, go } = latest.current;
      const ctrl = event.ctrlKey || event.metaKey;
      if (ctrl && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        return show('palette');
      }
      if (
        ctrl ||
        event.altKey ||
        isTyping(event.target) ||
        document.querySelector('dialog[open],[role=menu]:popover-open')
      )
        return;
      const page =
        going > performance.now() ? pages.find(({ key }) => key === event.key.toLowerCase()) : undefined;
      going = event.key === 'g' && !page ? performance.now() + patience : 0;
      if (page) go(page.href);
      else if (event.key === '?') show('keys');
      else if (event.key === '/') document.getElementById('search')?.focus();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}
