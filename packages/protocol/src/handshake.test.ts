import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  greetingLine,
  newChallenge,
  parseGreeting,
  parseHello,
  passwordProof,
  proofRounds,
} from './handshake.ts';

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();

describe('the greeting', () => {
  test('the greeting is exactly the bytes of the protocol', () => {
    expect(greetingLine()).toBe('+HI {"v":2}\r\n');
    expect(greetingLine({ rounds: 4735, salt: '1f2e3d' })).toBe('+HI {"v":2,"i":4735,"s":"1f2e3d"}\r\n');
  });

  test.each([
    ['+HI {"v":2}', { v: 2 }],
    ['HI {"v":2,"i":4735,"s":"1f"}', { v: 2, i: 4735, s: '1f' }],
    ['HI {"v":2,"i":null,"extra":1}', { v: 2 }],
  ])('%s is read', (line, greeting) => {
    expect(parseGreeting(line)).toEqual(greeting);
  });

  test.each([
    '',
    'HI',
    'HI x',
    'OK',
    '+HI {}',
    'HI {"v":3}',
    'HI {"v":"2"}',
    'HI {"v":2,"i":0}',
    'HI {"v":2,"i":1e9}',
    'HI []',
  ])('%j is refused', (line) => {
    expect(() => parseGreeting(line)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  });

  test('challenges differ and keep their form', () => {
    const challenges = Array.from({ length: 300 }, newChallenge);
    for (const { rounds, salt } of challenges) {
      expect(rounds).toBeGreaterThanOrEqual(4000);
      expect(rounds).toBeLessThanOrEqual(8095);
      expect(salt).toMatch(/^(0|[1-7][0-9a-f]{15}|[1-9a-f][0-9a-f]{0,14})$/);
      expect(parseGreeting(greetingLine({ rounds, salt }).trim())).toEqual({ v: 2, i: rounds, s: salt });
    }
    expect(new Set(challenges.map(({ salt }) => salt)).size).toBe(300);
  });
});

describe('HELLO', () => {
  test('HELLO returns the sent fields, without nulls and unknown keys', () => {
    const line =
      'HELLO {"v":2,"wid":null,"hostname":"h","labels":["a",null,"b"],"PID":7,"rss_kb":5,"username":null,"surprise":[1]}';
    expect(parseHello(line)).toEqual({ v: 2, hostname: 'h', labels: ['a', 'b'], pid: 7, rss_kb: 5 });
    expect(parseHello('HELLO {}')).toEqual({ v: 0 });
    expect(parseHello('HELLO {"v":2,"pwdhash":"ab","__proto__":{"wid":"x"}}')).toEqual({
      v: 2,
      pwdhash: 'ab',
    });
  });

  test.each([
    '',
    'HELLO',
    'HELLO  {"v":2}',
    'hello {"v":2}',
    'PUSH {"v":2}',
    'HELLO {bad',
    'HELLO {"v":2}x',
    'HELLO []',
    'HELLO {"v":"two"}',
    'HELLO {"v":-1}',
    'HELLO {"v":256}',
    'HELLO {"v":2.5}',
    'HELLO {"v":2,"wid":5}',
    'HELLO {"v":2,"labels":"x"}',
    'HELLO {"v":2,"labels":[5]}',
    'HELLO {"v":2,"pid":"7"}',
    '\u0016\u0003\u0001',
  ])('%j is not one', (line) => {
    expect(parseHello(line)).toBeUndefined();
  });
});

describe('the proof of the password', () => {
  test('the proof of the password is the one that the protocol documents', () => {
    const challenge = { rounds: 1545, salt: '55104dc76695721d' };
    expect(passwordProof('foobar', challenge, sha256)).toBe(
      '6d877f8e5544b1f2598768f817413ab8a357afffa924dedae99eb91472d4ec30',
    );
  });

  test('the proof of one round is the plain hash of password and salt', () => {
    const expected = createHash('sha256')
      .update('pässword' + 'ab')
      .digest('hex');
    expect(passwordProof('pässword', { rounds: 1, salt: 'ab' }, sha256)).toBe(expected);
  });

  test('the proof takes one round below version 2', () => {
    const challenge = { rounds: 5000, salt: 'a' };
    expect(proofRounds({ v: 2 }, challenge)).toBe(5000);
    expect(proofRounds({ v: 1 }, challenge)).toBe(1);
    expect(proofRounds({ v: 0 }, challenge)).toBe(1);
  });
});
