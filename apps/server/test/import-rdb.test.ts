/**
 * Tests that RDB files of all versions are read correctly, and that damaged files are refused with
 * an error.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { Crc64 } from '../src/import/rdb/crc64.ts';
import { RdbSource } from '../src/import/rdb/rdb-source.ts';
import type { Kind } from '../src/import/source.ts';
import { endAll, freshFolder } from './program.ts';
import {
  aside,
  compressedTwice,
  double,
  intset,
  length,
  listed,
  listpack,
  oldDouble,
  rdb,
  string,
  value,
  ziplist,
} from './rdb-writer.ts';

afterAll(endAll);

const path = join(freshFolder(), 'dump.rdb');
const going = new AbortController().signal;

/** The content of a file, and the notes about it. */
async function readAll(file: Buffer, database = 0): Promise<[Record<string, unknown>, readonly string[]]> {
  writeFileSync(path, file);
  const source = new RdbSource(path, database, going);
  const kinds = new Map<string, Kind>();
  const found: Record<string, unknown> = {};
  try {
    await source.keys((name, kind) => kinds.set(name, kind).size > 0);
    for (const [name, kind] of kinds) {
      const all: unknown[] = [];
      if (kind === 'string') found[name] = String(await source.string(name));
      else if (kind === 'sorted set') {
        for await (const piece of source.sorted(name))
          for (const { member, score } of piece) all.push([String(member), score]);
      } else if (kind === 'list' || kind === 'set') {
        for await (const piece of source[kind](name)) all.push(...piece.map(String));
      } else all.push(kind);
      found[name] ??= all;
    }
  } finally {
    await source.close();
  }
  return [found, source.asides];
}

const integers = [
  '0',
  '12',
  '13',
  '-1',
  '-128',
  '300',
  '-32768',
  '70000',
  '-8388608',
  '2000000000',
  '-9007199254740993',
];
const long = 'x'.repeat(300);
const text = 'exact text, 16+ bytes';

/** Every form of value, with its meaning. */
const forms: readonly (readonly [Buffer, unknown])[] = [
  [value(0, 'text', string('plain')), 'plain'],
  [value(0, 'int8', string('-7')), '-7'],
  [value(0, 'int16', string('1234')), '1234'],
  [value(0, 'int32', string('-123456')), '-123456'],
  [value(0, 'packed', compressedTwice(text)), text + text],
  [value(1, 'list', listed(['new', long, '7'].map(string))), ['7', long, 'new']],
  [
    value(10, 'ziplist', string(ziplist(['new', long, ...integers]))),
    [...integers].reverse().concat(long, 'new'),
  ],
  [
    value(14, 'quicklist', listed([string(ziplist(['newest', '5'])), string(ziplist(['old']))])),
    ['old', '5', 'newest'],
  ],
  [
    value(
      18,
      'quicklist2',
      length(2),
      length(1),
      string('a new long one'),
      length(2),
      string(listpack(['old', '7', long])),
    ),
    [long, '7', 'old', 'a new long one'],
  ],
  [value(2, 'set', listed(['one', '2'].map(string))), ['one', '2']],
  [value(11, 'intset2', string(intset(2, [-1, 500]))), ['-1', '500']],
  [value(11, 'intset4', string(intset(4, [-70_000, 5]))), ['-70000', '5']],
  [value(11, 'intset8', string(intset(8, [2 ** 40]))), [String(2 ** 40)]],
  [value(20, 'listpack set', string(listpack(['one', '2']))), ['one', '2']],
  [
    value(
      3,
      'zset',
      length(4),
      string('d'),
      oldDouble('inf'),
      string('c'),
      oldDouble('17.25'),
      string('b'),
      oldDouble('nan'),
      string('a'),
      oldDouble('-inf'),
    ),
    [
      ['a', -Infinity],
      ['b', Number.NaN],
      ['c', 17.25],
      ['d', Infinity],
    ],
  ],
  [
    value(5, 'zset2', length(2), string('b'), double(1_795_600_000.123456), string('a'), double(-1)),
    [
      ['a', -1],
      ['b', 1_795_600_000.123456],
    ],
  ],
  [
    value(12, 'zset ziplist', string(ziplist(['a', '-1', 'b', '1795600000.123456']))),
    [
      ['a', -1],
      ['b', 1_795_600_000.123456],
    ],
  ],
  [
    value(17, 'zset listpack', string(listpack(['a', '1', 'b', '1795600000.123456']))),
    [
      ['a', 1],
      ['b', 1_795_600_000.123456],
    ],
  ],
  ...[4, 9, 13, 16].map(
    (type) =>
      [
        value(type, `hash ${type}`, type === 4 ? listed([aside(string('k'), string('v'))]) : string('k')),
        ['hash'],
      ] as const,
  ),
  [
    value(7, 'module', length(64), ...[1, 9, 2, 9].map(length), 3, 'flt.', 4, 'a double', 5, string('s'), 0),
    ['module value'],
  ],
  [value(15, 'stream', length(0), length(0), length(1), length(1), length(0)), ['stream']],
  ...[19, 21].map((type) => {
    const consumer = aside(
      string('me'),
      'seen at.',
      type === 21 ? 'activeat' : '',
      length(1),
      'sixteen bytes ..',
    );
    const group = aside(
      string('group'),
      length(1),
      length(0),
      length(1),
      length(1),
      'sixteen bytes ..',
      'when....',
      length(1),
      length(1),
      consumer,
    );
    const where = [1, 1, 0, 1, 0, 0, 0, 1].map(length);
    return [
      value(
        type,
        `stream ${type}`,
        length(1),
        string('sixteen bytes ..'),
        string('nodes'),
        ...where,
        length(1),
        group,
      ),
      ['stream'],
    ] as const;
  }),
];
const besides = [
  aside(250, string('redis-ver'), string('7.2.4')),
  aside(245, string('#!lua name=x')),
  aside(247, length(64), length(2), length(1), 2, length(5), 0),
  aside(254, length(0), 251, length(20), length(1)),
];
const everything = (summed: boolean): Buffer =>
  rdb(
    11,
    [
      ...besides,
      aside(252, 'in ms...', 248, length(70), 249, 1),
      ...forms.map(([part]) => part),
      aside(253, 'in s'),
      value(0, 'last', string('x')),
    ],
    summed,
  );

it('the checksum equals that of Redis', () => {
  const crc = new Crc64();
  for (const part of ['1', '23456789']) crc.add(Buffer.from(part));
  expect(crc.sum).toBe(0xe9c6d914c4b8d9can);
  const whole = new Crc64();
  whole.add(Buffer.from('12345678'));
  whole.add(Buffer.from('9'));
  expect(whole.sum).toBe(crc.sum);
});

it('every form of value of Redis 3.2 to 7.2 is read: lists from their end, sorted sets from their lowest score', async () => {
  const [found, asides] = await readAll(everything(true));
  expect(Object.values(found)).toEqual([...forms.map(([, meant]) => meant), 'x']);
  expect(asides).toEqual([]);
});

it('a list over many pieces of the file is read completely and in order', async () => {
  const items = Array.from({ length: 3000 }, (_, n) => `item ${n} ${'.'.repeat(n % 200)}`);
  const file = rdb(3, [value(1, 'list', listed(items.map(string)))]);
  expect((await readAll(file))[0]).toEqual({ list: items.reverse() });
});

it('keys of other databases are ignored and reported', async () => {
  const file = rdb(9, [value(0, 'mine', string('0')), aside(254, length(3)), value(0, 'mine', string('3'))]);
  expect(await readAll(file)).toEqual([{ mine: '0' }, [expect.stringMatching(/^database 3, with 1 key/)]]);
  expect((await readAll(file, 3))[0]).toEqual({ mine: '3' });
});

const headed = (...parts: Buffer[]): Buffer => rdb(11, parts, false);

it.each([
  ['an empty file', Buffer.alloc(0), /is not an RDB file/],
  ['another file', Buffer.from('SQLite format 3\0 and more'), /is not an RDB file/],
  [
    'one of a newer Redis',
    rdb(13, []),
    /version 13 of the RDB format, this program reads 1 to 12; import from the running/,
  ],
  ['an unknown type', headed(value(99, 'key', string('x'))), /at byte 9: a value of an unknown type \(99\)/],
  ['a changed byte', everything(true).fill(0x41, 60, 61), /the checksum is wrong/],
  ['more behind the end', Buffer.concat([everything(true), Buffer.of(1)]), /there are bytes after the end/],
  [
    'a string longer than the file',
    headed(value(0, 'key', length(1_000_000))),
    /1000000 bytes were expected, the file ends after 9/,
  ],
  [
    'a length over 2^53',
    headed(value(0, 'key', 0x81, Buffer.alloc(8, 255))),
    /a length of 18446744073709551615/,
  ],
  [
    'a text that cannot be so long',
    headed(value(0, 'key', 0xc3, length(4), length(1_000_000), 'abcd')),
    /4 bytes cannot hold 1000000/,
  ],
  [
    'a repetition from before its text',
    headed(value(0, 'key', 0xc3, length(2), length(3), Buffer.of(0x20, 9))),
    /at byte \d+: a compressed string/,
  ],
  [
    'a ziplist that lies about its length',
    headed(value(10, 'key', string(ziplist(['a']).fill(99, 0, 1)))),
    /at byte 14: a list whose length differs from its header/,
  ],
])('%s is refused in words, with its place', async (_, file, message) => {
  await expect(readAll(file)).rejects.toMatchObject({
    code: 'MALFORMED',
    message: expect.stringMatching(message),
  });
});

/** Any error that is not our own fails the test. */
async function survives(file: Buffer): Promise<boolean> {
  try {
    await readAll(file);
    return true;
  } catch (error) {
    if (error instanceof FaktoryError) return false;
    throw error;
  }
}

it('a file that is truncated at any place is refused', async () => {
  const whole = everything(false);
  expect(await survives(whole)).toBe(true);
  for (let end = 0; end < whole.length; end++) expect(await survives(whole.subarray(0, end))).toBe(false);
});

it('a file with any bytes changed is read or refused, in bounded memory', async () => {
  const whole = everything(false); // without a checksum, which would find all changes
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const file = Buffer.from(whole);
      for (const [at, byte] of changes) file[at] = byte;
      await survives(file);
    }),
    { numRuns: 500 },
  );
});
