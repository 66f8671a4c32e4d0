import { describe, expect, test } from 'vitest';
import { errorText, excerpt, FaktoryError, wireError } from './errors.ts';

describe('an error', () => {
  test('FaktoryError carries its code, message, name and cause', () => {
    const cause = new Error('inner');
    const error = new FaktoryError('STORAGE', 'disk is full', { cause });
    expect(error).toMatchObject({ code: 'STORAGE', message: 'disk is full', name: 'FaktoryError', cause });
    expect(error).toBeInstanceOf(Error);
  });

  test('an error is written with the word NOTUNIQUE, or with ERR for every other code', () => {
    expect(errorText(new FaktoryError('NOTUNIQUE', 'Job not unique'))).toBe('NOTUNIQUE Job not unique');
    expect(errorText(new FaktoryError('NOT_FOUND', 'Job not found x'))).toBe('ERR Job not found x');
  });

  test('an error of another class is written without its message', () => {
    expect(errorText(new TypeError('secret path'))).toBe('ERR internal error');
    expect(errorText('secret')).toBe('ERR internal error');
  });

  test('a written error stays on one line', () => {
    expect(errorText(new FaktoryError('ERR', 'a\r\nPUSH b\nc\rd'))).toBe('ERR a PUSH b c d');
  });
});

describe('an error read from the wire', () => {
  test.each([
    ['ERR Invalid password', 'AUTH', 'Invalid password'],
    ['ERR shutdown in progress', 'SHUTDOWN', 'shutdown in progress'],
    ['SHUTDOWN Shutdown in progress', 'SHUTDOWN', 'Shutdown in progress'],
    ['MALFORMED bad', 'MALFORMED', 'bad'],
    ['NOTUNIQUE Job not unique', 'NOTUNIQUE', 'Job not unique'],
    ['ERR invalid JSON: x', 'MALFORMED', 'invalid JSON: x'],
    ['ERR Job not found abc', 'NOT_FOUND', 'Job not found abc'],
    ['ERR too many connections: 7', 'LIMIT', 'too many connections: 7'],
    ['ERR unknown command X', 'UNKNOWN_COMMAND', 'unknown command X'],
    ['ERR something new', 'ERR', 'something new'],
    ['jobs must have a jobtype parameter', 'INVALID', 'jobs must have a jobtype parameter'],
    ['THROTTLED later', 'ERR', 'THROTTLED later'],
    ['constructor x', 'ERR', 'constructor x'],
    ['', 'ERR', ''],
  ])('%j is %s', (text, code, message) => {
    expect(wireError(text)).toMatchObject({ code, message });
  });
});

test('an excerpt has at most 200 characters and splits no surrogate pair', () => {
  expect(excerpt('short')).toBe('short');
  expect(excerpt('x'.repeat(300))).toBe('x'.repeat(200));
  expect(excerpt(`${'x'.repeat(199)}😀`)).toBe('x'.repeat(199));
});
