import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JobsReader, parseJobs } from './job-list.ts';
import { parseJobInParts } from './job-parts.ts';
import { type JobText, parseJob } from './job-text.ts';

const PART = 64; // characters

/** The result, or the error's text. */
function outcome<T>(act: () => T): T | string {
  try {
    return act();
  } catch (error) {
    return String(error);
  }
}

/** Reads in parts; returns how many there were. */
function inParts(text: string, part: number): { job: JobText; parts: number } {
  const reading = parseJobInParts(text, part);
  for (let parts = 1; parts <= text.length * 3 + 3; parts++) {
    const { done, value } = reading.next();
    if (done) return { job: value, parts };
  }
  throw new Error('it does not end');
}

function listInParts(text: string, part: number): JobText[] {
  const reader = new JobsReader(text);
  for (let parts = 0; parts <= text.length * 3 + 3; parts++) if (reader.read(part)) return reader.jobs;
  throw new Error('it does not end');
}

const gaps = fc.array(fc.constantFrom('', '', ' ', '\n', '\t\r', '   '), { minLength: 1 });
const strings = fc
  .array(
    fc.constantFrom(
      'a',
      'é',
      '日',
      '😀',
      ' ',
      '\\n',
      '\\\\',
      '\\"',
      '\\u00e9',
      '\\ud83d\\ude00',
      '\\ud800',
      '\\udc00',
      '\ud800',
      '\udc00',
      '\\u0000',
    ),
  )
  .map((characters) => `"${characters.join('')}"`);
const leaves = fc.oneof(
  strings,
  fc.constantFrom('1', '0', '-1.5e+10', '12345678901234567890', 'true', 'null', '1.0'),
);
const { value: values } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaves,
    fc.array(tie('value'), { maxLength: 8 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(strings, tie('value')), { maxLength: 5 })
      .map((all) => `{${all.map((each) => each.join(':')).join(',')}}`),
  ),
}));
const names = fc.constantFrom(
  '"jid"',
  '"args"',
  '"ARGS"',
  '"custom"',
  '"queue"',
  '"at"',
  '"created_at"',
  '"jobtyp\\u0065"',
  '"retry"',
  '"failure"',
  '"other"',
);
const spread = (text: string, between: readonly string[]): string => {
  let n = 0;
  const gap = (): string => between[n++ % between.length] ?? '';
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/gs) ?? [];
  return gap() + tokens.map((token) => token + gap()).join('');
};
/** Jobs, most of them valid. */
const jobs = fc
  .tuple(fc.array(fc.tuple(names, values), { maxLength: 6 }), gaps)
  .map(([members, between]) => spread(`{${members.map((each) => each.join(':')).join(',')}}`, between));
/** The same with an inserted character, or cut off. */
const broken = fc
  .tuple(
    fc.oneof(jobs, values),
    fc.nat(),
    fc.constantFrom('', ',', ']', '}', '"', '\\', 'x', '\u0001', '1'),
    fc.boolean(),
  )
  .map(([text, at, what, cut]) => {
    const place = text.length === 0 ? 0 : at % text.length;
    return text.slice(0, place) + what + (cut ? '' : text.slice(place));
  });
const part = fc.integer({ min: 1, max: 40 });

test('a job read in parts equals the job read at once, errors included', () => {
  fc.assert(
    fc.property(fc.oneof(jobs, broken), part, (text, characters) => {
      expect(outcome(() => inParts(text, characters).job)).toEqual(outcome(() => parseJob(text)));
    }),
    { numRuns: 2000 },
  );
});

test('a list of jobs read in parts equals the list read at once, errors included', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 9, arbitrary: jobs }, broken), { maxLength: 4 }),
      part,
      (all, characters) => {
        const text = `[${all.join(',')}]`;
        expect(outcome(() => listInParts(text, characters))).toEqual(outcome(() => parseJobs(text)));
      },
    ),
    { numRuns: 1000 },
  );
});

test('two jobs read by turns keep their own levels', () => {
  const [deep, flat] = [
    `{"args":${'[{"a":'.repeat(200)}1${'}]'.repeat(200)}}`,
    `{"args":[${'[1],'.repeat(500)}2]}`,
  ];
  const readings = [deep, flat].map((text) => parseJobInParts(text, 10));
  const done = new Map<number, JobText>();
  for (let n = 0; done.size < 2 && n < 5000; n++) {
    const step = readings[n % 2]?.next();
    if (step?.done && step.value) done.set(n % 2, step.value);
  }
  expect([done.get(0), done.get(1)]).toEqual([parseJob(deep), parseJob(flat)]);
});

test.each([
  ['numbers', `[${'1,'.repeat(5000)}1]`],
  ['one text', `["${'x'.repeat(10_000)}"]`],
  ['escapes', `["${'\\ud800'.repeat(2000)}"]`],
  ['objects', `[${'{ "a" : 1 } , '.repeat(700)}1]`],
])('a part of %s is as long as asked and a few characters more', (_, args) => {
  const { job, parts } = inParts(`{"jid":"123456789","args":${args}}`, PART);
  expect(job.args).not.toBe('');
  expect(parts).toBeGreaterThan(args.length / (PART + 20));
});

test('a pushed failure of more than a mebibyte is refused, because it is read at once', () => {
  const text = `{"failure":{"message":"${'x'.repeat(1024 * 1024)}"}}`;
  const refusal = /^invalid JSON: "failure" has \d+ characters, the most is 1048576: shorten it/;
  expect(() => parseJob(text)).toThrow(refusal);
  expect(() => inParts(text, 10_000)).toThrow(refusal);
});
