import { describe, expect, test } from 'vitest';
import { resolveServers, type ServerAddress } from './url.ts';

const none = {};

const resolveServer = (...args: Parameters<typeof resolveServers>): ServerAddress =>
  resolveServers(...args)[0] as ServerAddress;

describe("the server's address", () => {
  test('the default server is this machine at port 7419', () => {
    expect(resolveServer({}, none)).toEqual({ host: 'localhost', port: 7419, tls: false });
  });

  test('the url option replaces the environment', () => {
    const env = { FAKTORY_URL: 'tcp://b:2', FAKTORY_PROVIDER: 'X', X: 'tcp://c:3' };
    expect(resolveServer({ url: 'tcp://a:1' }, env).host).toBe('a');
  });

  test('FAKTORY_PROVIDER names the variable and is used before FAKTORY_URL', () => {
    const env = { FAKTORY_URL: 'tcp://b:2', FAKTORY_PROVIDER: 'MY_JOBS', MY_JOBS: 'tcp://c:3' };
    expect(resolveServer({}, env)).toEqual({ host: 'c', port: 3, tls: false });
  });

  test('FAKTORY_URL is used without an option and FAKTORY_PROVIDER', () => {
    expect(resolveServer({}, { FAKTORY_URL: 'tcp://b' })).toEqual({ host: 'b', port: 7419, tls: false });
  });

  test('the password of a URL is percent-decoded, with or without a user', () => {
    expect(resolveServer({ url: 'tcp://:p%40ss%2F%25@h:1' }, none).password).toBe('p@ss/%');
    const { username, password } = resolveServer({ url: 'tcp://a%2Eb:secret@h:1' }, none);
    expect([username, password]).toEqual(['a.b', 'secret']);
  });

  test("the password option replaces the URL's and is not decoded", () => {
    expect(resolveServer({ url: 'tcp://:a@h', password: '%41' }, none).password).toBe('%41');
  });

  test('an IPv6 host loses its brackets', () => {
    expect(resolveServer({ url: 'tcp://[::1]:7' }, none)).toEqual({ host: '::1', port: 7, tls: false });
  });

  test('several URLs keep their order, each with its own password unless the option sets one', () => {
    const url = ['tcp://:one@a', 'tcp://b:2'];
    expect(resolveServers({ url }, none)).toEqual([
      { host: 'a', port: 7419, tls: false, password: 'one' },
      { host: 'b', port: 2, tls: false },
    ]);
    expect(resolveServers({ url, password: 'x' }, none).map(({ password }) => password)).toEqual(['x', 'x']);
  });

  test('an empty list of URLs, or a bad URL among good ones, is CONFIG', () => {
    for (const url of [[], ['tcp://a', 'http://b']]) {
      expect(() => resolveServers({ url }, none)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
    }
  });

  test('tcp+tls asks for TLS', () => {
    expect(resolveServer({ url: 'tcp+tls://jobs.example' }, none).tls).toBe(true);
  });
});

describe('an error for a URL is CONFIG, names the source and hides the password', () => {
  const secret = 's3cret';
  test.each([
    ['a provider that is itself a URL', {}, { FAKTORY_PROVIDER: `tcp://:${secret}@h:1` }, 'FAKTORY_PROVIDER'],
    ['a provider that is not set', {}, { FAKTORY_PROVIDER: 'NOPE' }, 'NOPE'],
    ['no URL at all', { url: `not a url ${secret}` }, {}, 'the url option'],
    ['another scheme', { url: `redis://:${secret}@h:1` }, {}, 'redis:'],
    ['no host', { url: 'tcp://' }, {}, 'host'],
    ['port 0', { url: `tcp://:${secret}@h:0` }, {}, 'port 0'],
    [
      'a port that is too high',
      { url: `tcp://:${secret}@h:70000` },
      {},
      'the url option has port 70000; write one from 1 to 65535',
    ],
    [
      'a port that is too high, by environment',
      {},
      { FAKTORY_URL: `tcp+tls://:${secret}@[::1]:99999/` },
      'FAKTORY_URL has port 99999',
    ],
    ['a password with a bare percent', {}, { FAKTORY_URL: `tcp://:%${secret}@h` }, 'FAKTORY_URL'],
    ['empty text', { url: '' }, {}, 'the url option'],
  ])('%s', (_name, choice, env, part) => {
    const resolve = (): unknown => resolveServer(choice, env);
    expect(resolve).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(part) }),
    );
    expect(resolve).not.toThrow(secret);
  });
});
