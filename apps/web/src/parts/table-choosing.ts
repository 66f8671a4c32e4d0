/*
 * The state behind a table's rows: which has the focus, which are chosen. It must never draw. A stranger would get wrong that chosen
 * rows belong to the page (it acts on them), the focus to the table, and that the row with the focus is known by its key: rows may
 * come and go above it.
 */
import { type KeyboardEvent, type MouseEvent, useRef, useState } from 'react';
import { afterKey, type Place, toggled } from './table-keys.ts';

/** What rows and head need to know and to say. */
export interface Choosing {
  can: boolean;
  chosen: ReadonlySet<string>;
  /** Index of the row that Tab comes to. */
  at: number;
  onKeyDown: (event: KeyboardEvent) => void;
  /** A row's box was clicked. */
  toggle: (at: number, event: MouseEvent) => void;
  /** All that are loaded, or none. */
  toggleAll: () => void;
  /** The focus came to a row by itself. */
  focused: (at: number) => void;
}

const none: ReadonlySet<string> = new Set();
const isField = (target: EventTarget) =>
  target instanceof HTMLElement &&
  target.closest('input:not([type=checkbox]),textarea,select,[role=menu]') !== null;

/** The choosing of rows with these keys; `move` is told the row that shall have the focus. */
export function useChoosing(
  keys: readonly string[],
  selected: ReadonlySet<string> | undefined,
  onSelect: ((selected: ReadonlySet<string>) => void) | undefined,
  move: (at: number) => void,
): Choosing {
  const [current, setCurrent] = useState('');
  const from = useRef('');
  const chosen = selected ?? none;
  const place: Place = {
    at: Math.max(0, keys.indexOf(current)),
    from: Math.max(0, keys.indexOf(from.current)),
    chosen,
  };
  const go = (next: Place) => {
    setCurrent(keys[next.at] ?? '');
    from.current = keys[next.from] ?? '';
    if (next.chosen !== chosen) onSelect?.(next.chosen);
  };
  return {
    can: onSelect !== undefined,
    chosen,
    at: place.at,
    focused: (at) => setCurrent(keys[at] ?? ''),
    toggle: (at, event) => go(toggled(place, keys, at, event.shiftKey)),
    toggleAll: () => onSelect?.(chosen.size >= keys.length ? none : new Set(keys)),
    onKeyDown: (event) => {
      if (isField(event.target) || event.altKey) return;
      const next = afterKey(place, keys, {
        key: event.key,
        shift: event.shiftKey,
        ctrl: event.ctrlKey || event.metaKey,
      });
      if (!next) return;
      // Space on a link or a button inside a row is theirs.
      if (
        event.key === ' ' &&
        event.target instanceof HTMLElement &&
        event.target.matches('button,a,summary')
      )
        return;
      event.preventDefault();
      go(onSelect ? next : { ...next, chosen });
      if (next.at !== place.at) move(next.at);
    },
  };
}
