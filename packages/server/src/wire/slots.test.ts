/** Tests how many lines of a connection may wait for their replies. */
import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

function startWhileRoom(slots: Slots, length: number, entries: number): number {
  let lines = 0;
  while (slots.hasRoom) {
    slots.open(length);
    slots.weigh(entries);
    lines += 1;
  }
  return lines;
}

test('a connection has at most 1000 unanswered lines', () => {
  expect(startWhileRoom(new Slots(), 100, 0)).toBe(1000);
});

test('no line starts while 512 Ki characters wait for their replies', () => {
  expect(startWhileRoom(new Slots(), 100 * 1024, 0)).toBe(6);
});

test('no line starts while about 1000 jobs of bulks wait for their replies', () => {
  expect(startWhileRoom(new Slots(), 0, 100)).toBe(11);
});

test('a reply makes room, and replies leave in the order of their lines', () => {
  const slots = new Slots();
  const [first, second] = [slots.open(300 * 1024), slots.open(300 * 1024)];
  second.ready = true;
  expect([slots.hasRoom, slots.next()]).toEqual([false, undefined]);
  first.ready = true;
  expect([slots.next(), slots.next(), slots.next()]).toEqual([first, second, undefined]);
  expect([slots.hasRoom, slots.length]).toEqual([true, 0]);
});
