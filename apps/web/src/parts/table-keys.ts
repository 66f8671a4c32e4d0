/**
 * Computes what keys and clicks in a table do to the selected rows and to the focused row. Pure.
 *
 * Shift selects from the last row that was selected without Shift.
 */

/** The focus and selection of a table. */
export interface Place {
  /** The row that has the focus. */
  at: number;
  /** The first row of a Shift range. */
  from: number;
  chosen: ReadonlySet<string>;
}

/** A key as the browser reports it. */
export interface Pressed {
  key: string;
  shift: boolean;
  /** Ctrl, or Cmd. */
  ctrl: boolean;
}

const steps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  j: 1,
  ArrowUp: -1,
  k: -1,
  PageDown: 15,
  PageUp: -15,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** The keys of all rows between two rows, both included. */
function range(keys: readonly string[], from: number, to: number): string[] {
  return keys.slice(Math.min(from, to), Math.max(from, to) + 1);
}

/** The change that a key makes; `undefined`: the table does not handle this key. */
export function afterKey(place: Place, keys: readonly string[], pressed: Pressed): Place | undefined {
  const step = pressed.ctrl ? undefined : steps[pressed.key];
  if (step !== undefined) {
    const at = Math.max(0, Math.min(keys.length - 1, place.at + step));
    if (!pressed.shift) return { ...place, at, from: at };
    return { ...place, at, chosen: new Set([...place.chosen, ...range(keys, place.from, at)]) };
  }
  if (pressed.key === ' ') return toggled(place, keys, place.at, pressed.shift);
  if (pressed.ctrl && pressed.key === 'a') return { ...place, chosen: new Set(keys) };
  if (pressed.key === 'Escape' && place.chosen.size > 0) return { ...place, chosen: new Set() };
  return undefined;
}

/** Selects or deselects a row; with `toHere` selects the range up to it. */
export function toggled(place: Place, keys: readonly string[], at: number, toHere: boolean): Place {
  const key = keys[at];
  if (key === undefined) return place;
  if (toHere) return { ...place, at, chosen: new Set([...place.chosen, ...range(keys, place.from, at)]) };
  const chosen = new Set(place.chosen);
  if (!chosen.delete(key)) chosen.add(key);
  return { at, from: at, chosen };
}
