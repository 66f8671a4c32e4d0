/** Tests the bound of the replies that no client reads. */
import { expect, test } from 'vitest';
import { type Debtor, Unsent } from './unsent.ts';

function make(mostBytes: number) {
  const [closed, warnings]: [string[], string[]] = [[], []];
  const unsent = new Unsent({ warn: (text: string) => void warnings.push(text) }, mostBytes);
  const debtor = (name: string, bytes: number): Debtor & { unsent: number } => ({
    unsent: bytes,
    close: () => void closed.push(name),
  });
  return { unsent, closed, warnings, debtor };
}

test('over the bytes of all connections the one with the most unread bytes is closed', () => {
  const { unsent, closed, warnings, debtor } = make(100);
  for (const [name, bytes] of [
    ['a', 30],
    ['b', 50],
    ['c', 20],
  ] as const)
    unsent.note(debtor(name, bytes));
  expect(closed).toEqual([]);
  unsent.note(debtor('d', 1));
  expect([closed, unsent.bytes, warnings.length]).toEqual([['b'], 51, 1]);
});

test('a client that has read since counts with what is left', () => {
  const { unsent, closed, debtor } = make(100);
  const reader = debtor('reader', 90);
  unsent.note(reader);
  reader.unsent = 10;
  unsent.note(debtor('next', 80));
  expect([closed, unsent.bytes]).toEqual([[], 90]);
});

test('a connection that is closed, or has sent everything, counts nothing', () => {
  const { unsent, debtor } = make(100);
  const [a, b] = [debtor('a', 40), debtor('b', 40)];
  unsent.note(a);
  unsent.note(b);
  a.unsent = 0;
  unsent.note(a);
  unsent.remove(b);
  expect(unsent.bytes).toBe(0);
});
