import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFail, parseFailInParts } from './command.ts';
import { FaktoryError } from './errors.ts';
import { failBulkInParts, parseFailBulk } from './hand-outs.ts';
import { JobsReader } from './job-list.ts';
import { parseJobInParts } from './job-parts.ts';
import { parseJob } from './job-text.ts';

/** The result, or the code of the error. */
function outcome<T>(act: () => T): T | string {
  try {
    return act();
  } catch (error) {
    if (error instanceof FaktoryError) return error.code;
    throw error;
  }
}

const refused = (act: () => unknown): boolean => typeof outcome(act) === 'string';

/** Reads to the end; returns how many parts there were. */
function readAll<T>(parts: Iterator<void, T>): { value: T; count: number } {
  for (let count = 1; ; count++) {
    const { done, value } = parts.next();
    if (done) return { value, count };
  }
}

const texts = fc
  .array(fc.constantFrom('a', ' ', 'é', '😀', '\\n', '\\"', '\\u0020', '\\ud800', '\udc00', '\\\\'))
  .map((characters) => `"${characters.join('')}"`);
const values = fc.oneof(
  texts,
  fc.constantFrom(
    'null',
    '1',
    '60',
    '-1.5',
    'true',
    '{}',
    '{"a":[1, 2]}',
    '[]',
    '[null]',
    '[1]',
    '[["a"]]',
    ']',
    '',
  ),
  fc.array(fc.oneof(texts, fc.constant('null')), { maxLength: 60 }).map((all) => `[${all.join(' , ')}]`),
);
const keys = fc.constantFrom(
  'jid',
  'Message',
  'errtype',
  'backtrace',
  'BACKTRACE',
  'other',
  'messag\\u0065',
  'rid',
  'retry_in',
  'fate',
);
const objects = fc
  .uniqueArray(fc.tuple(keys, values), {
    maxLength: 7,
    selector: ([key]) => key.replace('\\u0065', 'e').toLowerCase(),
  })
  .map(
    (members) =>
      `{ ${['"jid":"job-1"', '"rid":"7"', ...members.map(([key, value]) => `"${key}" : ${value}`)].join(' ,')}}`,
  );
const part = fc.integer({ min: 1, max: 50 });

test('a FAIL read in parts equals the FAIL read at once, and both refuse the same texts', () => {
  fc.assert(
    fc.property(objects, part, (text, characters) => {
      expect(outcome(() => readAll(parseFailInParts(text, characters)).value)).toEqual(
        outcome(() => parseFail(text)),
      );
    }),
    { numRuns: 2000 },
  );
});

test('a FAILB read in parts equals the FAILB read at once, and both refuse the same texts', () => {
  fc.assert(
    fc.property(fc.array(objects, { maxLength: 4 }), part, (all, characters) => {
      const text = `[${all.join(', ')}]`;
      expect(outcome(() => readAll(failBulkInParts(text, 9, characters)).value)).toEqual(
        outcome(() => parseFailBulk(text, 9)),
      );
    }),
    { numRuns: 1000 },
  );
});

const LENGTH = 100_000;
test.each([
  ['one line of a backtrace', `"backtrace":["${'x'.repeat(LENGTH)}"]`],
  ['short lines', `"backtrace":["a"${',"a"'.repeat(LENGTH / 4)}]`],
  ['nulls', `"backtrace":[null${',null'.repeat(LENGTH / 5)}]`],
  ['white space', `"message":"${' '.repeat(LENGTH)}"`],
  ['escapes', `"message":"${'\\u0041'.repeat(LENGTH / 6)}"`],
  ['an unknown field', `"other":[[[1${',1'.repeat(LENGTH / 2)}]]]`],
])('a FAIL of %s is read in parts as long as asked and a few characters more', (_, member) => {
  const { value, count } = readAll(parseFailInParts(`{"jid":"job-1",${member}}`, 1000));
  expect(value.jid).toBe('job-1');
  expect(count).toBeGreaterThan(LENGTH / 1020);
});

test('a backtrace is cut after 64 KiB, between two characters', () => {
  const line = 'é'.repeat(15_000); // 30,000 bytes
  const text = JSON.stringify({ jid: 'job-1', backtrace: [line, line, line, line] });
  const kept = [line, line, 'é'.repeat((65_536 - 60_000) / 2)];
  expect(parseFail(text).backtrace).toEqual(kept);
  expect(readAll(parseFailInParts(text, 1000)).value.backtrace).toEqual(kept);
});

const RUN = 256 * 1024;
test.each([
  ['white space', (run: number) => `{"jid":"job-00001",${' '.repeat(run)}"args":[]}`],
  ['white space', (run: number) => `${' '.repeat(run)}{"args":[]}`],
  ['white space', (run: number) => `{"args":[1,${'\n'.repeat(run)}2]}`],
  ['a key', (run: number) => `{"${'k'.repeat(run)}":1,"args":[]}`],
  ['a key', (run: number) => `{"args":[{"${'\\'.repeat(2 * (run / 2))}":1}]}`],
  ['a number', (run: number) => `{"args":[[1,${'2'.repeat(run)}]]}`],
  ['a number', (run: number) => `{"retry":${'2'.repeat(run)}}`],
])('a text read in parts has at most 256 Ki characters of %s in a row', (what, text) => {
  const refusal = `${what} of more than ${RUN} characters; shorten it`;
  const reads = [
    (job: string) => readAll(parseJobInParts(job, 1000)),
    (job: string) => {
      const reader = new JobsReader(`[${job}]`);
      while (!reader.read(1000));
    },
  ];
  for (const read of reads) {
    expect(() => read(text(RUN + 2))).toThrow(refusal);
    const longest = text(RUN);
    expect(refused(() => read(longest))).toBe(refused(() => parseJob(longest)));
  }
});
