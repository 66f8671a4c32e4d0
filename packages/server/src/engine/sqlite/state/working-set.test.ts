/** Tests the working set: the reservations of one jid keep the order of their hand-outs. */
import { expect, test } from 'vitest';
import { Leases } from './leases.ts';
import { WorkingSet } from './working-set.ts';

const empty = (): WorkingSet => new WorkingSet(new Leases(15_000_000, () => 0));

function three(): WorkingSet {
  const reservations = empty();
  reservations.add('same-jid', 1, 100, 10, 100, undefined);
  reservations.add('same-jid', 2, 200, 10, 200, undefined);
  reservations.add('same-jid', 3, 300, 10, 300, undefined);
  return reservations;
}

test('a jid finds its oldest reservation, a jid with a reservation id exactly that one', () => {
  const reservations = three();
  expect(reservations.find('same-jid', undefined)).toMatchObject({ id: 1 });
  expect(reservations.find('same-jid', 300)).toMatchObject({ id: 3 });
  expect(reservations.find('same-jid', 400)).toBeUndefined();
  expect(reservations.find('other-jid', undefined)).toBeUndefined();
});

test.each([
  ['first', 100, [2, 3]],
  ['middle', 200, [1, 3]],
  ['last', 300, [1, 2]],
])('removing the %s reservation of a jid keeps the order of the others', (_which, reservationId, left) => {
  const reservations = three();
  const gone = reservations.find('same-jid', reservationId);
  if (gone) reservations.remove('same-jid', gone);
  const ids: number[] = [];
  for (let held = reservations.find('same-jid', undefined); held; held = held.later) ids.push(held.id);
  expect(ids).toEqual(left);
});

test('a jid without reservations is not found', () => {
  const reservations = empty();
  reservations.add('jid-00001', 1, 100, 10, 100, undefined);
  const held = reservations.find('jid-00001', undefined);
  if (held) reservations.remove('jid-00001', held);
  expect(reservations.find('jid-00001', undefined)).toBeUndefined();
});
