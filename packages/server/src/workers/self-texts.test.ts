import { expect, test } from 'vitest';
import { MOST_OF_ONE, SelfTexts } from './self-texts.ts';

const sizeOf = (kept: object) => Buffer.byteLength(JSON.stringify(kept));

test('ordinary hostnames and labels are kept whole', () => {
  const self = { hostname: 'web-1.example.com', labels: ['golang', 'ruby-3.3', 'é'] };
  expect(new SelfTexts().keep(self.hostname, self.labels)).toEqual(self);
});

test.each([['m'], ['\u0000'], ['é'], ['']])(
  'a worker keeps its first labels up to 2 KiB as JSON, however they are written: %j',
  (letter) => {
    const labels = Array.from({ length: 3000 }, () => letter.repeat(60));
    const kept = new SelfTexts().keep(letter.repeat(1000), labels);
    expect(sizeOf(kept)).toBeLessThan(MOST_OF_ONE + 40);
    expect(sizeOf(kept)).toBeGreaterThan(MOST_OF_ONE / 2);
    expect(kept.labels).toEqual(labels.slice(0, kept.labels.length));
  },
);

test('all workers together keep a bounded number of bytes, and room returns when one leaves', () => {
  const texts = new SelfTexts(5000);
  const label = 'm'.repeat(95);
  const labels = Array.from({ length: 30 }, () => label);
  const kept = [1, 2, 3, 4].map(() => texts.keep('host', labels));
  expect(texts.bytes).toBeLessThanOrEqual(5000);
  expect(kept[3]?.labels).toEqual([]);
  for (const one of kept) texts.release(one);
  expect(texts.bytes).toBe(0);
  expect(texts.keep('host', [label])).toEqual({ hostname: 'host', labels: [label] });
});
