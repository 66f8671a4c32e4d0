/** Options are checked before anything is opened. */
import { expect, test } from 'vitest';
import { settle } from './options.ts';
import { createServer } from './server.ts';

test('all options may be left out', () => {
  const expected = { host: '127.0.0.1', port: 0, sync: 'full', deadLimit: 10_000, maxConnections: 2000 };
  expect(settle({})).toMatchObject(expected);
});

test.each([
  [{ port: 70_000 }, 'port'],
  [{ port: 1.5 }, 'port'],
  [{ http: { port: -1 } }, 'http.port'],
  [{ maxLineBytes: 10 }, 'maxLineBytes'],
  [{ maxConnections: 0 }, 'maxConnections'],
  [{ deadLimit: Number.NaN }, 'deadLimit'],
  [{ sync: 'sometimes' as 'full' }, 'sync'],
])('%j is refused by name', (options, name) => {
  expect(() => settle(options)).toThrow(
    expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(name) }),
  );
});

test('the web password is the password unless it has its own', () => {
  expect(settle({ password: 'a' }).secrets.webPasswords).toEqual(['a']);
  expect(settle({ password: ['a', 'c'], webPassword: '' }).secrets.webPasswords).toEqual(['a', 'c']);
  expect(settle({ password: 'a', webPassword: 'b' }).secrets.webPasswords).toEqual(['b']);
});

test.each([[null], [5], ['dir'], [[]]])('a server made with %j is refused with CONFIG', (options) => {
  const message = expect.stringContaining('the options must be an object');
  expect(() => createServer(options as never)).toThrow(expect.objectContaining({ code: 'CONFIG', message }));
});
