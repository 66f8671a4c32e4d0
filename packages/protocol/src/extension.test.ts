import { expect, test } from 'vitest';
import { wireError } from './errors.ts';
import { extensionVersion, isUncounted, parseExt, readExtension } from './extension.ts';
import { write } from './write.ts';

test('EXT accepts only this version', () => {
  expect(() => parseExt(`{"v":${extensionVersion}}`)).not.toThrow();
  for (const rest of ['{}', '{"v":2}']) {
    expect(() => parseExt(rest)).toThrow(expect.objectContaining({ code: 'INVALID' }));
  }
  for (const rest of ['', '{"v":"1"}']) {
    expect(() => parseExt(rest)).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
  }
});

test('the server reads the EXT that a client writes', () => {
  const ask = {
    v: extensionVersion,
    producer: 'shop',
    answered: 41,
    keep: 86_400,
    lease: true,
    holding: ['1781092800000001'],
  };
  expect(parseExt(write.ext(ask).slice(4, -2))).toEqual(ask);
  expect(parseExt('{"v":1}')).toEqual({ v: 1, lease: false });
});

test.each([
  '{"v":1,"producer":""}',
  `{"v":1,"producer":"${'x'.repeat(101)}"}`,
  '{"v":1,"answered":1.5}',
  '{"v":1,"keep":3599}',
  '{"v":1,"keep":2592001}',
  '{"v":1,"holding":[]}',
  '{"v":1,"lease":true,"holding":"1"}',
  '{"v":1,"lease":true,"holding":[1]}',
  '{"v":1,"lease":true,"holding":["one"]}',
])('EXT %.30s… is MALFORMED', (rest) => {
  expect(() => parseExt(rest)).toThrow(expect.objectContaining({ code: 'MALFORMED' }));
});

test('the client reads the offer of a server, and any other answer is PROTOCOL', () => {
  const offer = {
    v: 1,
    max_fetch: 1000,
    max_settle: 10_000,
    pushed: 3,
    refused: { 2: 'ERR no', 3: { 'jid-00001': 'no' } },
    lease: 15,
  };
  expect(readExtension(JSON.stringify(offer))).toEqual(offer);
  for (const text of ['', '{}', 'null', '{"v":2,"max_fetch":1,"max_settle":1}', '{"v":1}']) {
    expect(() => readExtension(text)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }));
  }
});

test('a PUSH is not counted when its error is STORAGE, SHUTDOWN, FORBIDDEN, internal error or a line over the limit', () => {
  for (const text of ['ERR storage failed: disk full', 'ERR shutdown in progress', 'ERR internal error']) {
    expect(isUncounted(wireError(text))).toBe(true);
  }
  for (const text of ['ERR jobs must have a jid', 'ERR default is too large', 'NOTUNIQUE Job not unique']) {
    expect(isUncounted(wireError(text))).toBe(false);
  }
  expect(isUncounted(wireError('ERR line longer than 1024 bytes'))).toBe(true);
});
