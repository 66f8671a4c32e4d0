import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editedDocument, jobDocument } from './job-document.ts';
import { parseJob } from './job-text.ts';
import { retryOf, storedJob } from './stored-job.ts';

const createdAt = '2026-11-30T12:00:00Z';
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('","args":[', '"jobtype":"', '\\', '}]', ',"priority":3'),
);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const job = fc.record({
  jid: text,
  jobtype: text,
  args: fc.array(fc.jsonValue({ noUnicodeString: false })),
  queue: text,
  priority: maybe(fc.integer({ min: 1, max: 9 })),
  retry: maybe(fc.integer()),
  at: maybe(text),
  created_at: maybe(text),
  reserve_for: maybe(fc.nat()),
  backtrace: maybe(fc.nat()),
  custom: maybe(fc.dictionary(text, fc.jsonValue({ noUnicodeString: false }))),
});

test('a stored document has the fields of its pushed job, for any texts in it', () => {
  fc.assert(
    fc.property(job, (pushed) => {
      const document = jobDocument(parseJob(JSON.stringify(pushed)), { createdAt });
      const { retry, custom, jid, jobtype, createdAt: created, args } = parseJob(document);
      expect(storedJob(document)).toEqual({ retry, custom, jid, jobtype, createdAt: created, args });
      expect(retryOf(document)).toBe(retry);
    }),
  );
});

test('the arguments of a stored job are not read for its other fields', () => {
  const document = jobDocument(parseJob('{"jid":"job-00001","jobtype":"Mail","args":[1],"retry":3}'), {
    createdAt,
  }).replace('[1]', '[no JSON at all]');
  expect(() => parseJob(document)).toThrow('invalid JSON');
  expect(storedJob(document)).toMatchObject({ retry: 3, jobtype: 'Mail', args: '[no JSON at all]' });
});

test('a document with another layout is read as a pushed job', () => {
  const document = '{"args":[1.0],"jid":"job-00001","jobtype":"Mail","retry":2,"created_at":"x"}';
  expect(storedJob(document)).toEqual({
    retry: 2,
    custom: undefined,
    jid: 'job-00001',
    jobtype: 'Mail',
    createdAt: 'x',
    args: '[1.0]',
  });
});

test('a document with a new queue or priority equals the one that its job would be written as', () => {
  const texts = fc.string({ unit: 'binary', maxLength: 12 });
  const job = fc.record(
    {
      jid: texts,
      jobtype: texts,
      queue: fc.stringMatching(/^[a-z]{1,8}$/),
      priority: fc.integer({ min: 1, max: 9 }),
      retry: fc.integer({ min: -1, max: 30 }),
      at: texts,
      created_at: texts,
      reserve_for: fc.nat(1000),
      custom: fc.dictionary(texts, fc.jsonValue()),
      args: fc.array(fc.jsonValue()),
    },
    { requiredKeys: ['jid', 'jobtype', 'args'] },
  );
  const edits = fc.constantFrom({ queue: 'other' }, { priority: 1 }, { priority: 9 });
  fc.assert(
    fc.property(job, edits, (pushed, edit) => {
      const document = jobDocument(parseJob(JSON.stringify(pushed)), { createdAt: 'now' });
      const written = jobDocument({ ...parseJob(document), ...edit }, { createdAt: '' });
      expect(editedDocument(document, edit)).toBe(written);
    }),
  );
});
