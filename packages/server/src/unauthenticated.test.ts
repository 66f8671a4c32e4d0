import { expect, test } from 'vitest';
import { Unauthenticated } from './unauthenticated.ts';

/** A crowd at a port, and which of its connections were closed. */
function crowd(most: number, share = most) {
  const closed: string[] = [];
  const door = new Unauthenticated({ most, share });
  const enter = (name: string): boolean => door.enter(name, { destroy: () => closed.push(name) as never });
  return { door, closed, enter };
}

test('one more closes the oldest silent one of the network that has the most', () => {
  const { door, closed, enter } = crowd(4);
  for (const name of ['b 1', 'a 1', 'a 2', 'a 3', 'c 1', 'c 2']) expect(enter(name)).toBe(true);
  expect([closed, door.size, door.evicted]).toEqual([['a 1', 'a 2'], 4, 2]);
});

test('a network has its share: beyond it, its own leave', () => {
  const { closed, enter } = crowd(10, 2);
  for (const name of ['a 1', 'b 1', 'a 2', 'a 3', 'b 2']) enter(name);
  expect(closed).toEqual(['a 1']);
});

test('connections that ask to be let in stay while any is silent, and a network of askers takes no more than its share', () => {
  const { door, closed, enter } = crowd(4, 3);
  for (const name of ['a 1', 'a 2', 'a 3']) {
    enter(name);
    door.asks(name);
  }
  expect(enter('a 4')).toBe(false);
  enter('b 1');
  expect(enter('c 1')).toBe(true);
  expect(closed).toEqual(['b 1']);
  door.asks('c 1');
  expect(enter('d 1')).toBe(true);
  expect(closed).toEqual(['b 1', 'a 3']);
});

test('what was refused is silent again, what has left is counted no more, and an IPv6 network is one', () => {
  const { door, closed, enter } = crowd(10, 1);
  enter('2001:db8::1 1');
  door.asks('2001:db8::1 1');
  expect(enter('2001:db8::2 1')).toBe(false);
  door.refused('2001:db8::1 1');
  expect(enter('2001:db8::2 1')).toBe(true);
  expect(closed).toEqual(['2001:db8::1 1']);
  door.leave('2001:db8::2 1');
  door.leave('2001:db8::2 1');
  expect(door.size).toBe(0);
});
