import { describe, expect, test } from 'vitest';
import {
  fetchedText,
  parseExtend,
  parseFailBulk,
  parseFetchBulk,
  parseHandOuts,
  readFetched,
} from './hand-outs.ts';
import { write } from './write.ts';

describe('verbs that the server reads', () => {
  test('FETCHB is a number and then the names of the queues', () => {
    expect(parseFetchBulk('10 a b', 100)).toEqual({ count: 10, names: 'a b' });
    expect(parseFetchBulk('10', 100)).toEqual({ count: 10, names: '' });
  });

  test.each(['', '0 a', '101 a', '-1 a', '1.5 a', 'a', '1e1 a', '0x1 a'])('FETCHB %j is INVALID', (rest) => {
    expect(() => parseFetchBulk(rest, 100)).toThrow(expect.objectContaining({ code: 'INVALID' }));
  });

  test('a hand-out has a jid and a numeric reservation id', () => {
    expect(parseHandOuts('ACKB', '[{"jid":"a","rid":"1781092800000001","more":1}]', 10)).toEqual([
      { jid: 'a', rid: 1781092800000001 },
    ]);
  });

  test.each([
    '',
    '{}',
    '[{}]',
    '[null]',
    '[{"jid":"a","rid":1}]',
    '[{"jid":"","rid":"1"}]',
    '[{"jid":"a","rid":"12345678901234567"}]',
  ])('ACKB %s is MALFORMED', (rest) => {
    expect(() => parseHandOuts('ACKB', rest, 10)).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
  });

  test('more entries than the limit are refused with LIMIT', () => {
    expect(() => parseHandOuts('ACKB', '[1,2,3]', 2)).toThrow(expect.objectContaining({ code: 'LIMIT' }));
  });

  test('FAILB trims and cuts each report as FAIL does', () => {
    const long = 'x'.repeat(2000);
    const [report] = parseFailBulk(`[{"jid":"a","rid":"7","message":"${long}","backtrace":null}]`, 10);
    expect(report).toMatchObject({ jid: 'a', rid: 7, errtype: 'unknown', backtrace: [] });
    expect(report?.message).toHaveLength(1000);
  });

  test('EXTEND accepts 1 to 86,400 seconds', () => {
    expect(parseExtend('[{"jid":"a","rid":"7","seconds":86400}]', 10)).toEqual([
      { jid: 'a', rid: 7, seconds: 86_400 },
    ]);
    for (const seconds of ['0', '86401', '1.5', 'null']) {
      expect(() => parseExtend(`[{"jid":"a","rid":"7","seconds":${seconds}}]`, 10)).toThrow(
        expect.objectContaining({ code: 'MALFORMED' }),
      );
    }
  });

  test.each([
    '[{"jid":"a","rid":"7","fate":"retry"}]',
    '[{"jid":"a","rid":"7","retry_in":-1}]',
    '[{"jid":"a","rid":"7","retry_in":31536001}]',
  ])('FAILB with the wish of %s is MALFORMED', (rest) => {
    expect(() => parseFailBulk(rest, 10)).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
  });

  test('the server reads the ACKB, FAILB and EXTEND that a client writes', () => {
    const rest = (line: string): string => line.slice(line.indexOf(' ') + 1, -2);
    const one = { jid: 'abcdefgh', rid: '1781092800000001' };
    const read = { jid: 'abcdefgh', rid: 1781092800000001 };
    expect(parseFetchBulk(rest(write.fetchBulk(7, ['a', 'b'])), 10)).toEqual({ count: 7, names: 'a b' });
    expect(parseHandOuts('ACKB', rest(write.ackBulk([one])), 10)).toEqual([read]);
    expect(parseHandOuts('RELEASE', rest(write.release([one, one])), 10)).toEqual([read, read]);
    expect(parseExtend(rest(write.extend([{ ...one, seconds: 9 }])), 10)).toEqual([{ ...read, seconds: 9 }]);
    const wish = { fate: 'dead', retry_in: 60 } as const;
    const [report] = parseFailBulk(rest(write.failBulk([{ ...one, errtype: 'E', ...wish }])), 10);
    expect(report).toEqual({ ...read, ...wish, errtype: 'E', message: 'unknown', backtrace: [] });
  });
});

describe('answers that the client reads', () => {
  const job = '{"jid":"abcdefgh","jobtype":"T","args":[1]}';

  test('the client reads an answer to FETCHB as it was written', () => {
    const text = `[${fetchedText(job, 1781092800000001, '2026-06-10T12:30:00Z')}]`;
    expect(readFetched(text)).toEqual([
      { job: JSON.parse(job), rid: '1781092800000001', expires_at: '2026-06-10T12:30:00Z' },
    ]);
  });

  test.each([
    '',
    '{}',
    '[{}]',
    '[{"rid":"1","expires_at":"","job":{}}]',
    `[{"rid":1,"expires_at":"","job":${job}}]`,
  ])('%s is PROTOCOL', (text) => {
    expect(() => readFetched(text)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  });
});
