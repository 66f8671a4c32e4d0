/** Kinds of errors: what differs from one time to the next does not count, everything else does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprint } from './fingerprint.ts';
import { utf8Length } from './utf8.ts';

test.each([
  ['connect ECONNREFUSED 10.0.0.7:5432', 'connect ECONNREFUSED <n>:<n>'],
  ['order 4711 took 3.25 s', 'order <n> took <n> s'],
  ['no user 7d1e5f3a-2b4c-4d6e-8f90-123456789abc here', 'no user <uuid> here'],
  ['object at 0xDEADbeef is gone', 'object at <hex> is gone'],
  ['commit 9fceb02d0ae598e95dc970b74767f19372d61af8', 'commit <hex>'],
  ['no job 8sQ2_xyzAbcDefGhi0', 'no job <id>'],
  [
    `Cannot read properties of undefined (reading 'id')`,
    'Cannot read properties of undefined (reading <text>)',
  ],
  ['can\'t open "a \\"b\\" c" at all', "can't open <text> at all"],
  ['the first line\nthe second', 'the first line'],
  ['\n  indented', 'indented'],
  ['deadbeefs and facades are words', 'deadbeefs and facades are words'],
  ['', ''],
])('%j is counted as %j', (message, expected) => {
  expect(fingerprint('E', message).message).toBe(expected);
});

test('errtype and message make the kind, and only they', () => {
  expect(fingerprint('A', 'x').id).not.toBe(fingerprint('B', 'x').id);
  expect(fingerprint('A', 'x').id).not.toBe(fingerprint('A', 'y').id);
  expect(fingerprint('A', 'order 1').id).toBe(fingerprint('A', 'order 22').id);
  // Ids are kept for months: this one must stay.
  expect(fingerprint('Boom', 'order 4711 failed').id).toBe('346fb57c084217f1');
});

test('any texts have a kind that is short, without numbers, and the same again', () => {
  const text = fc.string({ unit: 'binary', maxLength: 2000 });
  fc.assert(
    fc.property(text, text, (errtype, message) => {
      const found = fingerprint(errtype, message);
      expect(found.id).toMatch(/^[0-9a-f]{16}$/);
      expect(found.message).not.toMatch(/[0-9\r\n]/);
      expect(utf8Length(found.message)).toBeLessThanOrEqual(200);
      expect(utf8Length(found.errtype)).toBeLessThanOrEqual(100);
      expect(fingerprint(errtype, message)).toEqual(found);
    }),
  );
});

test('numbers, uuids and quoted texts do not tell one kind from another', () => {
  const words = fc.stringMatching(/^[a-z]{1,7}( [a-z]{1,7}){0,4}$/);
  const differing = fc.record({
    n: fc.nat(),
    uuid: fc.uuid(),
    quoted: fc.stringMatching(/^[a-z0-9 .:/-]{0,40}$/),
  });
  const message = (before: string, { n, uuid, quoted }: { n: number; uuid: string; quoted: string }) =>
    `${before}: item ${n} of ${uuid} has "${quoted}"`;
  fc.assert(
    fc.property(words, differing, differing, (before, one, other) => {
      expect(fingerprint('E', message(before, one))).toEqual(fingerprint('E', message(before, other)));
    }),
  );
});

test('different kinds have different ids', () => {
  const ids = new Set<string>();
  const words = ['no', 'such', 'host', 'file', 'is', 'not', 'found', 'open', 'lost', 'timed', 'out'];
  let count = 0;
  for (const a of words)
    for (const b of words)
      for (const c of words)
        for (const d of words) {
          ids.add(fingerprint(a, `${b} ${c} ${d}`).id);
          count += 1;
        }
  expect(ids.size).toBe(count);
});
