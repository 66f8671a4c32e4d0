import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaktoryError } from './errors.ts';
import { JobsReader, parseJobs } from './job-list.ts';
import { parseJob } from './job-text.ts';

/** A complete job in which these fields replace the usual ones or are added. */
function jobLine(fields: string): string {
  return `{"jid":"123456789","jobtype":"T","args":[],${fields}}`;
}

function refusal(text: string): FaktoryError {
  try {
    parseJob(text);
  } catch (error) {
    if (error instanceof FaktoryError) return error;
  }
  throw new Error(`was accepted: ${text.slice(0, 100)}`);
}

describe('a parsed job', () => {
  test('parseJob returns every field', () => {
    const job = parseJob(
      '{"jid":"123456789","queue":"mail","jobtype":"Send","args":[1,"two",{"three":3.50}],"priority":9,"retry":-1,' +
        '"reserve_for":600,"backtrace":5,"at":"1970-01-01T00:00:01.5Z","created_at":"whenever","custom":{"b":1,"a":2},' +
        '"failure":{"retry_count":1,"remaining":2,"failed_at":"x"},"enqueued_at":"ignored","blargh":{"x":[1]}}',
    );
    expect(job).toEqual({
      jid: '123456789',
      queue: 'mail',
      jobtype: 'Send',
      args: '[1,"two",{"three":3.50}]',
      priority: 9,
      retry: -1,
      reserveFor: 600,
      backtrace: 5,
      at: '1970-01-01T00:00:01.5Z',
      atMicros: 1_500_000,
      createdAt: 'whenever',
      custom: '{"b":1,"a":2}',
      failure: '{"retry_count":1,"remaining":2,"failed_at":"x"}',
    });
  });

  test('a parsed job has its fields in one order, whatever was sent', () => {
    const all = Object.keys(parseJob(jobLine('"at":"1970-01-01T00:00:00Z","priority":1')));
    expect(Object.keys(parseJob('{}'))).toEqual(all);
  });

  test('parseJob treats null and empty texts as absent', () => {
    const names = ['jid', 'queue', 'jobtype', 'args', 'priority', 'retry', 'reserve_for', 'backtrace'];
    const others = ['at', 'created_at', 'enqueued_at', 'custom', 'failure', 'unknown'];
    const nulls = [...names, ...others].map((name) => `"${name}":null`).join(',');
    expect(parseJob(`{${nulls}}`)).toEqual(parseJob('{}'));
    expect(parseJob('{"queue":"","at":"","created_at":""}')).toEqual(parseJob('{}'));
    expect(parseJob('{}')).toMatchObject({ jid: '', queue: 'default', jobtype: '', args: '' });
  });

  test('a job may have white space between its tokens', () => {
    const text =
      ' { "jid" : "123456789" ,\t"args" : [ 1 , "a b" ] ,\n"custom" : { "k" : [ ] } , "retry" : 3 } ';
    expect(parseJob(text)).toMatchObject({
      jid: '123456789',
      args: '[1,"a b"]',
      custom: '{"k":[]}',
      retry: 3,
    });
  });

  test('a job may be inside a longer line', () => {
    expect(parseJob('PUSH {"jid":"123456789"}', 5).jid).toBe('123456789');
    expect(parseJobs('PUSHB [{"jid":"123456789"}]', 6)).toHaveLength(1);
  });

  test('parseJob matches keys in any case and with escapes; the last of equal keys wins', () => {
    expect(parseJob('{"Jid":"123456789","QUEUE":"q","\\u006aobtype":"T"}')).toMatchObject({
      jid: '123456789',
      queue: 'q',
      jobtype: 'T',
    });
    expect(parseJob('{"jid":"first","retry":1,"JID":"last","retry":null}')).toMatchObject({
      jid: 'last',
      retry: undefined,
    });
  });

  test('parseJob is not harmed by keys with a meaning in JavaScript', () => {
    const job = parseJob(
      jobLine('"__proto__":{"jid":"x"},"constructor":1,"toString":null,"custom":{"__proto__":{"a":1}}'),
    );
    expect(job.jid).toBe('123456789');
    expect(job.custom).toBe('{"__proto__":{"a":1}}');
    expect(Object.getPrototypeOf(job)).toBe(Object.prototype);
  });

  test.each(['12345678901234567890', '1.0', '1e3', '-0', '0.1000', '"\\u00e9\\/"', '{"b":1,"a":2}'])(
    'parseJob passes %s through args and custom unchanged',
    (value) => {
      const job = parseJob(`{"args":[${value}, ${value}],"custom":{"k": ${value}}}`);
      expect(job.args).toBe(`[${value},${value}]`);
      expect(job.custom).toBe(`{"k":${value}}`);
    },
  );

  test('parseJob decodes the strings it reads and replaces lone surrogates', () => {
    expect(parseJob('{"jid":"\\u00e9\\n\\"12345","jobtype":"a\\ud800b","queue":"\ud800"}')).toMatchObject({
      jid: 'é\n"12345',
      jobtype: 'a\ufffdb',
      queue: '\ufffd',
    });
  });

  test.each([
    ['0', 5],
    ['1', 1],
    ['9', 9],
    ['10', 5],
    ['255', 5],
    ['-0', 5],
  ])('counts priority %s as %d', (sent, priority) => {
    expect(parseJob(jobLine(`"priority":${sent}`)).priority).toBe(priority);
  });
});

describe('a job with a wrong type', () => {
  test.each([
    '"retry":5.0',
    '"retry":5e0',
    '"retry":"5"',
    '"retry":true',
    '"retry":[]',
    '"retry":9007199254740992',
    '"reserve_for":"600"',
    '"reserve_for":1.5',
    '"backtrace":false',
    '"priority":-1',
    '"priority":256',
    '"priority":"high"',
    '"priority":1.0',
    '"jid":12345678',
    '"queue":[]',
    '"jobtype":{}',
    '"args":{}',
    '"args":"[]"',
    '"args":0',
    '"at":5',
    '"created_at":5',
    '"enqueued_at":5',
    '"custom":[]',
    '"custom":"x"',
    '"failure":"x"',
    '"failure":{"retry_count":"x"}',
    '"failure":{"backtrace":[1]}',
    '"custom":{"a":}',
    '"x"',
    '"x":1,',
    '5:1',
  ])('%s is refused', (field) => {
    expect(refusal(jobLine(field))).toMatchObject({ code: 'MALFORMED' });
    expect(refusal(jobLine(field)).message).toMatch(/^invalid JSON: [^\r\n]{1,200}$/);
  });

  test.each(['', 'null', '5', '[]', '"x"', '{', '{}x', '{} {}', '{"jid"', 'nonsense', '{"jid":"a\nb"}'])(
    'parseJob refuses %j',
    (text) => {
      expect(refusal(text).message).toMatch(/^invalid JSON: /);
    },
  );

  test('a hundred thousand nested arrays are an error, not a crash', () => {
    expect(refusal(jobLine(`"custom":{"a":${'['.repeat(100_000)}`)).message).toContain('levels deep');
  });

  test('a job is refused wherever the text is cut off', () => {
    const text = jobLine('"at":"2020-01-01T00:00:00Z","retry":-1,"custom":{"a":[1e5,"\\u0041"]}');
    for (let end = 0; end < text.length; end++) expect(refusal(text.slice(0, end)).code).toBe('MALFORMED');
  });

  test('an error for a job names the field and the position', () => {
    expect(refusal('{"retry": "5"}').message).toBe('invalid JSON: "retry" must be an integer at position 10');
  });
});

describe('a list of jobs', () => {
  test('parseJobs returns each job, in order', () => {
    expect(parseJobs('[]')).toEqual([]);
    expect(parseJobs(' [ ] ')).toEqual([]);
    const jobs = parseJobs(' [ {"jid":"a"} , {"retry":2},{} ] ');
    expect(jobs).toEqual([parseJob('{"jid":"a"}'), parseJob('{"retry":2}'), parseJob('{}')]);
  });

  test('a list of jobs is the same when it is read in parts, each of the requested length and one job more', () => {
    const text = JSON.stringify(
      Array.from({ length: 100 }, (_, n) => ({ jid: `jid-${n}`, args: ['x'.repeat(n)] })),
    );
    const reader = new JobsReader(text);
    let [parts, before] = [1, 0];
    while (!reader.read(500)) {
      const read = JSON.stringify(reader.jobs.slice(before).map(({ args }) => args)).length;
      expect(read).toBeLessThan(500 + 200);
      before = reader.jobs.length;
      parts += 1;
    }
    expect(reader.jobs).toEqual(parseJobs(text));
    expect(parts).toBeGreaterThan(10);
  });

  test.each([
    '',
    'null',
    '{}',
    '[',
    '[{}',
    '[{},]',
    '[{}{}]',
    '[5]',
    '[null]',
    '[{}]x',
    '[{"retry":"x"},{}]',
  ])('%j is refused as a whole', (text) => {
    expect(() => parseJobs(text)).toThrow(/^invalid JSON: /);
  });
});

test('any args read back as they were sent', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.nat(3), (args, indent) => {
      const job = parseJob(JSON.stringify({ args, jid: 'x' }, null, indent));
      expect(job.args).toBe(JSON.stringify(args));
    }),
  );
});
