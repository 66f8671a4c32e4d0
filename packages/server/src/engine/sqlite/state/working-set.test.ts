/** The working set by jid: chains of one jid keep the order of their hand-outs. */
import { expect, test } from 'vitest';
import { Leases } from './leases.ts';
import { WorkingSet } from './working-set.ts';

const empty = (): WorkingSet => new WorkingSet(new Leases(15_000_000, () => 0));

function three(): WorkingSet {
  const holds = empty();
  holds.add('same-jid', 1, 100, 100, undefined);
  holds.add('same-jid', 2, 200, 200, undefined);
  holds.add('same-jid', 3, 300, 300, undefined);
  return holds;
}

test('a jid alone means its oldest hand-out, a number exactly that one', () => {
  const holds = three();
  expect(holds.find('same-jid', undefined)).toMatchObject({ id: 1 });
  expect(holds.find('same-jid', 300)).toMatchObject({ id: 3 });
  expect(holds.find('same-jid', 400)).toBeUndefined();
  expect(holds.find('other-jid', undefined)).toBeUndefined();
});

test.each([
  ['first', 100, [2, 3]],
  ['middle', 200, [1, 3]],
  ['last', 300, [1, 2]],
])('the %s of a chain can go, the others stay in order', (_which, reservationId, left) => {
  const holds = three();
  const gone = holds.find('same-jid', reservationId);
  if (gone) holds.remove('same-jid', gone);
  const ids: number[] = [];
  for (let held = holds.find('same-jid', undefined); held; held = held.later) ids.push(held.id);
  expect(ids).toEqual(left);
});

test('a jid that nobody holds any more is forgotten', () => {
  const holds = empty();
  holds.add('jid-00001', 1, 100, 100, undefined);
  const held = holds.find('jid-00001', undefined);
  if (held) holds.remove('jid-00001', held);
  expect(holds.find('jid-00001', undefined)).toBeUndefined();
});
