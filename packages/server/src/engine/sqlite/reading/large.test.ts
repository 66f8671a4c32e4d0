import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { atOnce } from '../../../rounds.ts';
import type { FindAsk } from '../../engine.ts';
import { fewEscapesFrom, withFewEscapes } from './escapes.ts';
import { largeDecision, largeJob } from './large.ts';
import { decision } from './matching.ts';

const unit = fc.constantFrom(
  ...['a', 'b', 'ü', '😀', '\ud83d', '\ude00', '"', '\\', '/', '\n', '\u0001', '{', '}', ']', ' '],
);
const value = fc.string({ unit, maxLength: 12 });
/** JSON text of a string, each unit written plainly or as an escape. */
const written = fc.tuple(value, fc.array(fc.boolean(), { minLength: 24, maxLength: 24 })).map(
  ([text, escaped]) =>
    `"${text
      .split('')
      .map((one, at) =>
        escaped[at]
          ? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`
          : JSON.stringify(one).slice(1, -1),
      )
      .join('')}"`,
);
const args = fc.array(written, { maxLength: 6 }).map((texts) => `[${texts.join(',')}]`);
const custom = fc.option(
  fc.tuple(written, written, written).map(([key, one, two]) => `{${key}:${one},"o":{${key}:[${two}]}}`),
);
const documents = fc
  .tuple(custom, args, written)
  .map(
    ([own, list, jobtype]) =>
      `{"retry":25${own === null ? '' : `,"custom":${own}`},"jid":"jid-a","queue":"q","jobtype":${jobtype},"created_at":"2026-01-01T00:00:00Z","args":${list},"backtrace":3}`,
  );

const jobtypeIn = (document: string): string => atOnce(largeJob(document)).jobtype;

test('a large job matches in pieces exactly when it matches at once, wherever pieces end', () => {
  const needle = fc.oneof(value, fc.string({ unit: fc.constantFrom('a', 'b', '\\', '"'), maxLength: 40 }));
  const asks = fc.record({ text: fc.option(needle), search: fc.option(needle) });
  const pieces = fc.integer({ min: 1, max: 30 });
  fc.assert(
    fc.property(documents, asks, pieces, fc.boolean(), (document, { text, search }, piece, byType) => {
      const ask: FindAsk = {
        places: ['ready'],
        text: text ?? undefined,
        search: search ?? undefined,
        jobtypes: byType ? [jobtypeIn(document)] : undefined,
      };
      const row = { document, failure: null };
      const large = largeDecision(ask, piece);
      expect(large && atOnce(large(row))).toBe(decision(ask)?.(row));
    }),
    { numRuns: 5000 },
  );
});

test('a text of the arguments is found in pieces, wherever pieces end and however the arguments write it', () => {
  const cut = fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 60 }));
  fc.assert(
    fc.property(documents, cut, fc.integer({ min: 1, max: 30 }), (document, [from, length], piece) => {
      const clear = withFewEscapes(atOnce(largeJob(document)).args);
      const text = clear.slice(from % clear.length, (from % clear.length) + length);
      const ask: FindAsk = { places: ['ready'], text };
      expect(atOnce(largeDecision(ask, piece)?.({ document, failure: null }) as never)).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test('escapes are rewritten in parts as at once, and no part ends inside an escape', () => {
  fc.assert(
    fc.property(args, fc.integer({ min: 1, max: 20 }), (json, piece) => {
      let whole = '';
      for (let at = 0; at < json.length; ) {
        const { text, end } = fewEscapesFrom(json, at, Math.min(at + piece, json.length));
        whole += text;
        at = end;
      }
      expect(whole).toBe(withFewEscapes(json));
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['escapes', `"args":["${'\\u0041'.repeat(5000)}"]`, ''],
  ['plain text', `"args":["${'a'.repeat(30_000)}"]`, ''],
  ['custom', `"args":[]`, `,"custom":{"a":"${'\\u0041'.repeat(5000)}"}`],
])('each piece looks at 1,000 characters of the text at most, eight times each: %s', (_, list, own) => {
  const document = `{"retry":25${own},"jid":"jid-a","queue":"q","jobtype":"T","created_at":"2026-01-01T00:00:00Z",${list}}`;
  const ask: FindAsk = { places: ['ready'], text: `"${'a'.repeat(40)}b`, search: 'aab' };
  const decide = largeDecision(ask, 1000)?.({ document, failure: null });
  let [looks, turns] = [0, 0];
  const before = String.prototype.charCodeAt;
  const spy = vi.spyOn(String.prototype, 'charCodeAt').mockImplementation(function (
    this: string,
    at: number,
  ) {
    looks += 1;
    return Reflect.apply(before, this, [at]) as number;
  });
  try {
    for (let done = false; !done; turns++) {
      looks = 0;
      done = decide?.next().done !== false;
      if (looks > 8 * 1100) break;
    }
  } finally {
    spy.mockRestore();
  }
  expect(looks).toBeLessThanOrEqual(8 * 1100);
  expect(turns).toBeGreaterThan(30);
});
