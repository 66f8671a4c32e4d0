import { expect, test } from 'vitest';
import { LineReader } from './lines.ts';
import { BLOCK, LongLine } from './long-line.ts';

const decode = (bytes: Uint8Array, start: number, end: number) =>
  Buffer.from(bytes.subarray(start, end)).toString();

test('each byte of a long line is searched and copied once, however small its chunks are', () => {
  let [searched, copied] = [0, 0];
  class Chunk extends Uint8Array {
    static get [Symbol.species]() {
      return Uint8Array;
    }
    override indexOf(item: number, from?: number): number {
      searched += this.length;
      return super.indexOf(item, from);
    }
    override subarray(start = 0, end = this.length): Uint8Array<ArrayBuffer> {
      copied += end - start;
      return new Uint8Array(this.buffer as ArrayBuffer, this.byteOffset + start, end - start);
    }
  }
  const line = new LongLine();
  const chunk = new Chunk(1000).fill(0x61);
  for (let count = 0; count < 4000; count++) expect(line.push(chunk)).toBe(1000);
  expect([searched, copied]).toEqual([4_000_000, 4_000_000]);
  expect(line.length).toBe(4_000_000);
});

test('characters on the edge of a block stay whole, and what follows the line is the next line', () => {
  for (let before = BLOCK - 5; before <= BLOCK + 1; before++) {
    const text = `${'x'.repeat(before)}😀é${'日'.repeat(BLOCK)}`;
    const sent = Buffer.from(`${text}\r\nPING\r\nPO`);
    const reader = new LineReader({ decode });
    const lines: string[] = [];
    for (let from = 0; from < sent.length; from += 50_000) {
      reader.push(sent.subarray(from, from + 50_000));
      for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line);
    }
    expect(lines.map(({ length }) => length)).toEqual([text.length, 4]);
    expect(lines[0] === text).toBe(true);
    expect(reader.pending).toBe(2);
  }
});

test('a long line over the limit is refused while its end has not come, and at every later call', () => {
  const reader = new LineReader({ maxBytes: 3 * BLOCK });
  reader.push(new Uint8Array(3 * BLOCK).fill(0x61));
  expect(reader.next()).toBeUndefined();
  reader.push(Uint8Array.of(0x0d));
  expect(reader.next()).toBeUndefined();
  reader.push(Uint8Array.of(0x61));
  for (let count = 0; count < 2; count++)
    expect(() => reader.next()).toThrow('line longer than 786432 bytes');
});
