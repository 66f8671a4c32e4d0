import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineReader } from './lines.ts';

const encoder = new TextEncoder();

/** All lines in these chunks. */
function linesOf(chunks: readonly Uint8Array[], reader = new LineReader()): string[] {
  const lines: string[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line);
  }
  return lines;
}

/** The bytes, cut at these positions. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  return sorted.map((to) => {
    const chunk = bytes.slice(from, to);
    from = to;
    return chunk;
  });
}

describe('lines', () => {
  test('lines end in CRLF or in LF, and one CR is removed', () => {
    expect(linesOf([encoder.encode('a\r\nb\n\n\r\nc\r\r\nd\re\n')])).toEqual([
      'a',
      'b',
      '',
      '',
      'c\r',
      'd\re',
    ]);
  });

  test('a line is returned only when its end has arrived', () => {
    const reader = new LineReader();
    expect(reader.next()).toBeUndefined();
    expect(linesOf([encoder.encode('PU'), encoder.encode('SH {'), encoder.encode('}\r')], reader)).toEqual(
      [],
    );
    expect(reader.pending).toBe(8);
    expect(linesOf([encoder.encode('\nFE')], reader)).toEqual(['PUSH {}']);
    expect(reader.pending).toBe(2);
  });

  test('lines are the same however the bytes are split, and whenever next is called', () => {
    const texts = fc.array(
      fc.string({ unit: fc.constantFrom('a', 'é', '日', '😀', '\r') }).map((text) => `${text}x`),
    );
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.nat(200)),
        fc.array(fc.boolean(), { minLength: 1 }),
        (lines, places, ask) => {
          const reader = new LineReader();
          const got: string[] = [];
          const drain = (): void => {
            for (let line = reader.next(); line !== undefined; line = reader.next()) got.push(line);
          };
          cut(encoder.encode(lines.map((line) => `${line}\r\n`).join('')), places).forEach((chunk, n) => {
            reader.push(chunk);
            if (ask[n % ask.length]) drain();
          });
          drain();
          expect(got).toEqual(lines);
          expect(reader.pending).toBe(0);
        },
      ),
    );
  });

  test('lines keep a split character whole and replace invalid UTF-8', () => {
    const bytes = encoder.encode('é😀\n');
    expect(linesOf(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(['é😀']);
    expect(linesOf([Uint8Array.of(0x61, 0xff, 0x62, 0x0a)])).toEqual(['a\ufffdb']);
    expect(linesOf([encoder.encode('\ufeffa\n')])).toEqual(['\ufeffa']);
  });

  test('a returned line does not change when its chunk is overwritten', () => {
    const reader = new LineReader();
    const chunk = encoder.encode('one\ntwo');
    expect(linesOf([chunk], reader)).toEqual(['one']);
    chunk.fill(0);
    expect(linesOf([encoder.encode(' 2\nthree\n')], reader)).toEqual(['two 2', 'three']);
  });

  test('lines that are whole in a chunk are decoded from the chunk itself', () => {
    const seen: Uint8Array[] = [];
    const decode = (bytes: Uint8Array, start: number, end: number): string => {
      seen.push(bytes);
      return Buffer.from(bytes.subarray(start, end)).toString();
    };
    const chunk = encoder.encode('INFO\r\nFLUSH\r\n');
    expect(linesOf([chunk], new LineReader({ decode }))).toEqual(['INFO', 'FLUSH']);
    expect(seen).toEqual([chunk, chunk]);
    expect(seen[0]).toBe(chunk);
  });
});

describe('a line over the limit', () => {
  const limit = expect.objectContaining({ code: 'LIMIT', message: 'line longer than 5 bytes' });

  test.each([[[]], [[1, 2, 3, 4, 5, 6, 7]], [[6]], [[5]]])(
    'a line over the limit is refused, cut at %j',
    (places) => {
      const reader = new LineReader({ maxBytes: 5 });
      expect(linesOf(cut(encoder.encode('12345\r\n'), places), reader)).toEqual(['12345']);
      expect(() => linesOf(cut(encoder.encode('123456\r\n'), places), reader)).toThrow(limit);
      expect(() => reader.next()).toThrow(limit);
    },
  );

  test('a line over the limit is refused before its end has arrived', () => {
    const reader = new LineReader({ maxBytes: 5 });
    expect(linesOf([encoder.encode('12345\r')], reader)).toEqual([]);
    expect(() => linesOf([encoder.encode('x')], reader)).toThrow(limit);
  });

  test('the lines before a line over the limit can still be read', () => {
    const reader = new LineReader({ maxBytes: 5 });
    reader.push(encoder.encode('ok\n1234567'));
    expect(reader.next()).toBe('ok');
    expect(() => reader.next()).toThrow(limit);
  });
});

test('a million bytes that arrive one at a time are copied a bounded number of times', () => {
  const reader = new LineReader();
  const byte = encoder.encode('x');
  for (let i = 0; i < 1_000_000; i++) {
    reader.push(byte);
    if (reader.next() !== undefined) throw new Error('too early');
  }
  reader.push(encoder.encode('\n'));
  expect(reader.next()).toHaveLength(1_000_000);
});

test('a line decoded in parts equals the line decoded at once, for any bytes', () => {
  const bytes = fc.array(
    fc.constantFrom(
      0x61,
      0x0d,
      0x80,
      0xbf,
      0xc3,
      0xe2,
      0x82,
      0xac,
      0xed,
      0xa0,
      0xf0,
      0x9f,
      0x98,
      0xef,
      0xbb,
      0xff,
    ),
  );
  fc.assert(
    fc.property(
      bytes,
      bytes,
      fc.integer({ min: 4, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      (first, second, part, chunk) => {
        const sent = Uint8Array.from([...first, 0x0a, ...second, 0x0a]);
        const lines: string[] = [];
        const reader = new LineReader({ part });
        for (let from = 0; from < sent.length; from += chunk) {
          reader.push(sent.slice(from, from + chunk));
          for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line);
        }
        while (reader.pending > 0) {
          const line = reader.next();
          if (line !== undefined) lines.push(line);
        }
        const atOnce = new LineReader();
        atOnce.push(sent);
        expect(lines).toEqual([atOnce.next(), atOnce.next()]);
        expect(reader.amidst).toBe(false);
      },
    ),
    { numRuns: 2000 },
  );
});

test('one call decodes the requested number of bytes, and the last call returns the line', () => {
  const asked: number[] = [];
  const reader = new LineReader({
    part: 10,
    decode: (bytes, start, end) => {
      asked.push(end - start);
      return Buffer.from(bytes.subarray(start, end)).toString();
    },
  });
  reader.push(Buffer.from(`${'é'.repeat(17)}\nPING\n`));
  expect(reader.next()).toBe(undefined);
  expect([reader.amidst, asked]).toEqual([true, []]); // the caller decides when the first part is decoded
  const said = [reader.next(), reader.next(), reader.next()];
  expect(reader.amidst).toBe(true);
  said.push(reader.next());
  expect(said).toEqual([undefined, undefined, undefined, 'é'.repeat(17)]);
  expect(Math.max(...asked)).toBe(10);
  expect(reader.next()).toBe('PING');
});
