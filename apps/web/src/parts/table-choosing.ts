/**
 * The state of a table’s rows: which row has the focus, and which rows are selected.
 *
 * The page owns the selected rows; the table owns the focus. Note: the actions keep their
 * identity, so that a row is rendered again only when the row itself changes.
 */
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { afterKey, type Place, toggled } from './table-keys.ts';

/** The actions of rows and head. */
export interface ChoosingActs {
  onKeyDown: (event: KeyboardEvent) => void;
  /** A row's checkbox was clicked; with Shift: all rows up to it. */
  toggle: (at: number, toHere: boolean) => void;
  /** Selects all loaded rows, or none. */
  toggleAll: () => void;
  /** The browser moved the focus to a row. */
  focused: (at: number) => void;
}

/** The state that rows and head need. */
export interface Choosing {
  can: boolean;
  chosen: ReadonlySet<string>;
  /** Index of the row that Tab reaches. */
  at: number;
  acts: ChoosingActs;
}

const none: ReadonlySet<string> = new Set();
const isField = (target: EventTarget) =>
  target instanceof HTMLElement &&
  target.closest('input:not([type=checkbox]),textarea,select,[role=menu]') !== null;

/** Hook: the selection of rows with these keys; `move` is called with the row to focus. */
export function useChoosing(
  keys: readonly string[],
  selected: ReadonlySet<string> | undefined,
  onSelect: ((selected: ReadonlySet<string>) => void) | undefined,
  move: (at: number) => void,
): Choosing {
  const [current, setCurrent] = useState('');
  const from = useRef('');
  const chosen = selected ?? none;
  const at = Math.max(0, keys.indexOf(current));
  const place = (): Place => ({ at, from: Math.max(0, keys.indexOf(from.current)), chosen });
  const go = (next: Place) => {
    setCurrent(keys[next.at] ?? '');
    from.current = keys[next.from] ?? '';
    if (next.chosen !== chosen) onSelect?.(next.chosen);
  };
  const now: ChoosingActs = {
    focused: (row) => setCurrent(keys[row] ?? ''),
    toggle: (row, toHere) => go(toggled(place(), keys, row, toHere)),
    toggleAll: () => onSelect?.(chosen.size >= keys.length ? none : new Set(keys)),
    onKeyDown: (event) => {
      if (isField(event.target) || event.altKey) return;
      const { key, shiftKey: shift } = event;
      const next = afterKey(place(), keys, { key, shift, ctrl: event.ctrlKey || event.metaKey });
      if (!next) return;
      // Space on a link, a button or the checkbox of the head belongs to that element.
      const its = 'button,a,summary,[role=columnheader] *';
      if (key === ' ' && event.target instanceof HTMLElement && event.target.matches(its)) return;
      event.preventDefault();
      go(onSelect ? next : { ...next, chosen });
      if (next.at !== at) move(next.at);
    },
  };
  const latest = useRef(now);
  latest.current = now;
  const acts = useMemo<ChoosingActs>(
    () => ({
      onKeyDown: (event) => latest.current.onKeyDown(event),
      toggle: (row, toHere) => latest.current.toggle(row, toHere),
      toggleAll: () => latest.current.toggleAll(),
      focused: (row) => latest.current.focused(row),
    }),
    [],
  );
  return { can: onSelect !== undefined, chosen, at, acts };
}
