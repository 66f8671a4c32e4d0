import { expect, test } from 'vitest';
import { afterKey, type Place, toggled } from './table-keys.ts';

const keys = ['a', 'b', 'c', 'd', 'e'];
const at = (row: number, ...chosen: string[]): Place => ({ at: row, from: row, chosen: new Set(chosen) });
const press = (place: Place, key: string, held: { shift?: boolean; ctrl?: boolean } = {}) =>
  afterKey(place, keys, { key, shift: false, ctrl: false, ...held });

test('arrow keys, j and k move the focus by one row and stop at the ends', () => {
  expect(press(at(1), 'ArrowDown')?.at).toBe(2);
  expect(press(at(4), 'j')?.at).toBe(4);
  expect(press(at(0), 'k')?.at).toBe(0);
  expect(press(at(2), 'End')?.at).toBe(4);
  expect(press(at(2), 'Home')?.at).toBe(0);
});

test('Space selects a row, and a second Space deselects it', () => {
  const once = press(at(1), ' ');
  expect([...(once?.chosen ?? [])]).toEqual(['b']);
  expect([...(press(once ?? at(1), ' ')?.chosen ?? ['x'])]).toEqual([]);
});

test('Shift selects all rows from the last selected one', () => {
  const place = toggled(at(0), keys, 1, false);
  const down = press(press(place, 'ArrowDown', { shift: true }) ?? place, 'ArrowDown', { shift: true });
  expect([...(down?.chosen ?? [])]).toEqual(['b', 'c', 'd']);
  expect([...toggled(place, keys, 4, true).chosen]).toEqual(['b', 'c', 'd', 'e']);
});

test('Ctrl+A selects all rows, and Escape clears the selection', () => {
  const all = press(at(0), 'a', { ctrl: true });
  expect(all?.chosen.size).toBe(5);
  expect(press(all ?? at(0), 'Escape')?.chosen.size).toBe(0);
});

test('a table ignores other keys', () => {
  expect(press(at(0), 'x')).toBeUndefined();
  expect(press(at(0), 'j', { ctrl: true })).toBeUndefined();
  expect(press(at(0), 'Escape')).toBeUndefined();
});
