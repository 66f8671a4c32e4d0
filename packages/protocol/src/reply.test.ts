import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaktoryError } from './errors.ts';
import { bulk, errorReply, NIL, OK, type Reply, ReplyReader } from './reply.ts';

const encoder = new TextEncoder();

function repliesOf(chunks: readonly Uint8Array[], reader = new ReplyReader()): Reply[] {
  const replies: Reply[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let reply = reader.next(); reply !== undefined; reply = reader.next()) replies.push(reply);
  }
  return replies;
}

describe('a written reply', () => {
  test('a bulk reply counts bytes, not characters', () => {
    expect(bulk('{"é":"😀"}')).toBe('$13\r\n{"é":"😀"}\r\n');
    expect(bulk('')).toBe('$0\r\n\r\n');
    expect(bulk('abc', 3)).toBe('$3\r\nabc\r\n');
  });

  test('an error reply is one line', () => {
    expect(errorReply(new FaktoryError('INVALID', 'a\nb'))).toBe('-ERR a b\r\n');
    expect(errorReply(new Error('x'))).toBe('-ERR internal error\r\n');
  });
});

describe('a read reply', () => {
  test.each([
    [OK, { kind: 'simple', text: 'OK' }],
    [NIL, { kind: 'nil' }],
    ['-ERR no\r\n', { kind: 'error', text: 'ERR no' }],
    [':42\r\n', { kind: 'simple', text: '42' }],
    ['+HI {"v":2}\n', { kind: 'simple', text: 'HI {"v":2}' }],
    ['+\r\n', { kind: 'simple', text: '' }],
    [bulk(''), { kind: 'bulk', text: '' }],
    [bulk('a\r\nb'), { kind: 'bulk', text: 'a\r\nb' }],
  ])('%j', (wire, reply) => {
    expect(repliesOf([encoder.encode(wire)])).toEqual([reply]);
  });

  test('a reply is the same however the bytes are split', () => {
    const words = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '$', '+', '-', '1') });
    const reply: fc.Arbitrary<Reply> = fc.oneof(
      fc.record({ kind: fc.constantFrom('simple' as const, 'error' as const), text: words }),
      fc.record({ kind: fc.constant('bulk' as const), text: words.map((text) => `${text}\r\n${text}`) }),
      fc.constant({ kind: 'nil' as const }),
    );
    const wire = (one: Reply): string => {
      if (one.kind === 'nil') return NIL;
      if (one.kind === 'bulk') return bulk(one.text);
      return `${one.kind === 'error' ? '-' : '+'}${one.text}\r\n`;
    };
    fc.assert(
      fc.property(fc.array(reply), fc.integer({ min: 1, max: 9 }), (replies, size) => {
        const bytes = encoder.encode(replies.map(wire).join(''));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
          bytes.slice(n * size, (n + 1) * size),
        );
        expect(repliesOf(chunks)).toEqual(replies);
        expect(repliesOf([bytes])).toEqual(replies);
      }),
    );
  });

  test.each([
    '*1\r\n',
    'HTTP/1.1 400\r\n',
    '$x\r\n',
    '$-2\r\n',
    '$\r\n',
    '$1.0\r\n',
    '$ 1\r\n',
    '$3\r\nabcde',
    '$1000\r\n',
  ])('%j is not one, and stays refused', (wire) => {
    const reader = new ReplyReader({ maxBytes: 999 });
    expect(() => repliesOf([encoder.encode(wire)], reader)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL' }),
    );
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  });

  test('a returned reply does not change when its chunk is overwritten', () => {
    const reader = new ReplyReader();
    for (const part of ['+OK\r\n$', '4\r\nab', 'cd', '\r\n-ER']) {
      const chunk = encoder.encode(part);
      repliesOf([chunk], reader).forEach((reply) => {
        expect(reply).toEqual(
          reply.kind === 'simple' ? { kind: 'simple', text: 'OK' } : { kind: 'bulk', text: 'abcd' },
        );
      });
      chunk.fill(0);
    }
    expect(repliesOf([encoder.encode('R x\n')], reader)).toEqual([{ kind: 'error', text: 'ERR x' }]);
  });

  test('a reply over the limit is refused before it has arrived', () => {
    const reader = new ReplyReader({ maxBytes: 5 });
    expect(repliesOf([encoder.encode('+12345\r\n$5\r\n12345\r\n')], reader)).toHaveLength(2);
    expect(() => repliesOf([encoder.encode('+123456')], reader)).toThrow('longer than 5 bytes');
  });

  test('a reply of a million bytes may arrive one byte at a time', () => {
    const reader = new ReplyReader();
    reader.push(encoder.encode('$1000000\r\n'));
    const byte = encoder.encode('x');
    for (let i = 0; i < 1_000_000; i++) {
      reader.push(byte);
      if (reader.next() !== undefined) throw new Error('too early');
    }
    expect(repliesOf([encoder.encode('\r\n')], reader)).toEqual([
      { kind: 'bulk', text: 'x'.repeat(1_000_000) },
    ]);
    expect(reader.pending).toBe(0);
  });
});
