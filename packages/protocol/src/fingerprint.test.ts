/** Tests kinds of errors: variable parts of a message do not count, everything else does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprint, fingerprintOfType, sampleOf } from './fingerprint.ts';
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
  ['no mailbox for ann.b+x@mail.example.org', 'no mailbox for <email>'],
  ['550 <müller@firma.de>: unknown', '<n> <<email>>: unknown'],
  ['GET https://api.example.com:8443/v1/users/7?q=a%20b#c failed: 503', 'GET <url> failed: <n>'],
  ['see (http://localhost:3000/x/y), then redis://:pw@db-1/0.', 'see (<url>), then <url>.'],
  ['open /var/lib/app/user_17/a.txt: permission denied', 'open <path>: permission denied'],
  ['cannot load ./lib/x.rb:12 or ~/y and ../z', 'cannot load <path>:<n> or <path> and <path>'],
  ['C:\\Users\\ann\\x.txt is missing', '<path> is missing'],
  ['want application/json and/or text/plain', 'want application/json and/or text/plain'],
  ['getaddrinfo ENOTFOUND redis-master', 'getaddrinfo ENOTFOUND <host>'],
  [
    'dial tcp: lookup db7.internal on 10.0.0.2:53: no such host',
    'dial tcp: lookup <host> on <n>:<n>: no such host',
  ],
  ['api7.eu-west.example.com refused us', '<host> refused us'],
  [
    'java.lang.IllegalStateException in job.rb and Foo.Bar',
    'java.lang.IllegalStateException in job.rb and Foo.Bar',
  ],
  ['a.length is not 1.', 'a.length is not <n>.'],
  ['the first line\nthe second', 'the first line'],
  ['\n  indented', 'indented'],
  ['deadbeefs and facades are words', 'deadbeefs and facades are words'],
  ['', ''],
])('%j is counted as %j', (message, expected) => {
  expect(fingerprint('E', message).message).toBe(expected);
});

test('errtype and message alone decide the kind of an error', () => {
  expect(fingerprint('A', 'x').id).not.toBe(fingerprint('B', 'x').id);
  expect(fingerprint('A', 'x').id).not.toBe(fingerprint('A', 'y').id);
  expect(fingerprint('A', 'order 1').id).toBe(fingerprint('A', 'order 22').id);
  // Ids are stored for months, so this one must not change.
  expect(fingerprint('Boom', 'order 4711 failed').id).toBe('346fb57c084217f1');
});

test('e-mails, addresses, paths and hosts do not change the kind of an error', () => {
  for (const [one, other] of [
    ['ann@example.org', 'b.c@mail.test'],
    ['https://a.example.com/x/1?y', 'http://127.0.0.1:80/'],
    ['/home/ann/a.txt', '/tmp/b'],
    ['db1.eu.internal', 'cache.internal'],
  ])
    expect(fingerprint('E', `no answer for ${one} today`)).toEqual(
      fingerprint('E', `no answer for ${other} today`),
    );
});

test("the kind of all errors of a type equals no message's kind, and a sample is the original text", () => {
  const all = fingerprintOfType('Boom');
  expect(all).toMatchObject({ errtype: 'Boom', message: '*' });
  expect([fingerprint('Boom', '*').id, fingerprint('Boom', '').id]).not.toContain(all.id);
  expect(sampleOf('\n  order 4711 of ann@example.org\nmore')).toBe('order 4711 of ann@example.org');
  expect(utf8Length(sampleOf('é'.repeat(5000)))).toBeLessThanOrEqual(200);
});

test('a hostile message is cut before the patterns run, so it costs no more than a short one', () => {
  for (const part of ['a', 'a.', 'a@', '/a', '://', 'a-', '.', 'com.', "'", '\\', 'http://a'])
    for (const end of ['', '!', ' x', '@']) {
      const text = part.repeat(500_000) + end;
      // A pattern that scanned all of this text for each of its characters would exceed this test's
      // time limit many times.
      expect(fingerprint('E', text)).toEqual(fingerprint('E', text.slice(0, 500)));
      expect(sampleOf(text)).toBe(sampleOf(text.slice(0, 500)));
    }
});

test('the kind of any text is short, has no numbers, and is the same each time', () => {
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

test('numbers, uuids and quoted texts do not change the kind of an error', () => {
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
