import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failureText, readFailure } from './failure.ts';
import { fetchedJob, jobDocument, jobtypeOf, readJob, wireJob } from './job-document.ts';
import { parseJob } from './job-text.ts';

const defaults = { createdAt: '2026-01-02T03:04:05Z' };
const document = (text: string): string => jobDocument(parseJob(text), defaults);

describe('the stored document', () => {
  test('a stored document has defaults filled in and no absent fields', () => {
    expect(
      document('{"jid":"pushfetch1","jobtype":"T","args":[1,"two",{"three":3.5},[4],null,true],"blargh":1}'),
    ).toBe(
      '{"retry":25,"jid":"pushfetch1","queue":"default","jobtype":"T","created_at":"2026-01-02T03:04:05Z",' +
        '"args":[1,"two",{"three":3.5},[4],null,true]}',
    );
  });

  test('a stored document has its keys in one order, whatever order the client sent', () => {
    expect(
      document(
        '{"backtrace":5,"reserve_for":600,"args":[],"at":"2020-01-01T00:00:00Z","created_at":"x","priority":77,' +
          '"jobtype":"T","queue":"q","jid":"123456789","custom":{"b":1.0},"retry":0}',
      ),
    ).toBe(
      '{"retry":0,"custom":{"b":1.0},"jid":"123456789","queue":"q","jobtype":"T","priority":5,"created_at":"x",' +
        '"at":"2020-01-01T00:00:00Z","args":[],"reserve_for":600,"backtrace":5}',
    );
  });

  test('a stored document leaves out zero numbers, an empty custom, and the fields that the server sets', () => {
    const text = document(
      '{"jid":"123456789","jobtype":"T","args":[],"reserve_for":0,"backtrace":0,"custom":{},"enqueued_at":"x","failure":{}}',
    );
    expect(Object.keys(JSON.parse(text))).toEqual(['retry', 'jid', 'queue', 'jobtype', 'created_at', 'args']);
  });

  test('a stored document is valid JSON for any text in any field', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.array(fc.jsonValue()), (jid, jobtype, args) => {
        const written = JSON.parse(document(JSON.stringify({ jid, jobtype, args, created_at: `x${jid}` })));
        expect(written).toEqual({
          ...JSON.parse(JSON.stringify({ jid, jobtype, args })),
          retry: 25,
          queue: 'default',
          created_at: `x${jid}`,
        });
      }),
    );
  });
});

describe('the text of a job for clients', () => {
  const stored = document('{"jid":"123456789","jobtype":"T","args":[]}');

  test('the text of a fetched job is its document with enqueued_at and failure', () => {
    const failure = failureText({ retry_count: 0, remaining: 25, failed_at: '2026-01-01T00:00:00Z' });
    const job = readJob(wireJob(stored, 1_500_000, failure));
    expect(job).toMatchObject({
      jid: '123456789',
      enqueued_at: '1970-01-01T00:00:01.5Z',
      failure: { retry_count: 0, remaining: 25, failed_at: '2026-01-01T00:00:00Z' },
    });
  });

  test.each([
    ['none', '"args":[]', 1800],
    ['none, with a backtrace', '"args":[[1],"]"],"backtrace":3', 1800],
    ['only one in its arguments', '"args":[{"reserve_for":7}]', 1800],
    ['one as a text at the end of its arguments', '"args":[",\\"reserve_for\\":7"]', 1800],
    ['zero', '"args":[],"reserve_for":0', 1800],
    ['its own', '"args":[],"reserve_for":60', 60],
    ['its own, with a backtrace', '"args":[],"reserve_for":60,"backtrace":3', 60],
  ])('says how long the job is reserved when the push had %s', (_, rest, expected) => {
    const text = fetchedJob(
      document(`{"jid":"123456789","jobtype":"T",${rest}}`),
      1_500_000,
      '{"retry_count":0}',
    );
    expect(readJob(text)).toMatchObject({
      reserve_for: expected,
      enqueued_at: '1970-01-01T00:00:01.5Z',
      failure: { retry_count: 0 },
    });
    expect(text.split('"reserve_for":').length).toBe(rest.includes('{"reserve_for"') ? 3 : 2);
  });

  test('the text of a job without enqueued_at and failure is its document', () => {
    expect(wireJob(stored, undefined, undefined)).toBe(stored);
    expect(JSON.parse(wireJob(stored, undefined, '{}')).failure).toEqual({});
    expect(JSON.parse(wireJob(stored, 0, undefined)).enqueued_at).toBe('1970-01-01T00:00:00Z');
  });

  test.each(['', 'null', '[]', '{}', '{"jid":"x","jobtype":"T"}', '{"jid":1,"jobtype":"T","args":[]}'])(
    '%j is not a job',
    (text) => {
      expect(() => readJob(text)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
    },
  );
});

describe('a failure', () => {
  const least = { retry_count: 0, remaining: 25, failed_at: '2026-01-01T00:00:00Z' };

  test('a failure is written without empty fields', () => {
    expect(JSON.parse(failureText({ ...least, backtrace: [], message: '', errtype: '' }))).toEqual(least);
    expect(failureText({ ...least, message: 'a\ud800' })).toContain('"message":"a\ufffd"');
  });

  test('a failure reads back as it was written', () => {
    const whole = {
      ...least,
      next_at: 'x',
      message: 'it broke',
      errtype: 'Boom',
      backtrace: ['line 1', 'line 2'],
    };
    expect(readFailure(failureText(whole))).toEqual(whole);
    expect(readFailure(failureText(least))).toEqual(least);
  });

  test('a failure that a producer pushed may lack any field', () => {
    expect(readFailure('{"message":null,"extra":1}')).toEqual({
      retry_count: 0,
      remaining: 0,
      failed_at: '',
    });
    expect(() => readFailure('{"remaining":1.5}')).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
  });
});

test('the jobtype is found in any document, whatever a client wrote before and after it', () => {
  const texts = fc.record({
    jobtype: fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom('a"b', '\\', '","jobtype":"x'),
    ),
    custom: fc.option(
      fc.oneof(
        fc.constant({ jobtype: 'not this', queue: '"jobtype":"' }),
        fc.dictionary(fc.string(), fc.jsonValue()),
      ),
      {
        nil: undefined,
      },
    ),
    jid: fc.oneof(fc.constant('"jobtype":"in a jid'), fc.string({ minLength: 8 })),
    args: fc.array(fc.constantFrom({ jobtype: 'x' }, 'y')),
  });
  fc.assert(
    fc.property(texts, (job) => {
      expect(jobtypeOf(document(JSON.stringify(job)))).toBe(job.jobtype);
    }),
  );
});
