import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { clientTls, type TlsFiles } from './tls-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'faktory-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));
const pem = (name: string): string => readFileSync(new URL(`../test/tls/${name}`, import.meta.url), 'utf8');
/** A temporary file for each name, with this content. */
const contents: Readonly<Record<string, string>> = {
  'env.cert': pem('client.pem'),
  'env.key': pem('client.key'),
  'env.ca': pem('ca.pem'),
  'flag.cert': pem('server.pem'),
  'flag.key': pem('server.key'),
};
const file = (name: string): string => {
  const path = join(folder, name);
  writeFileSync(path, contents[name] ?? name);
  return path;
};

const own = { cert: pem('client.pem'), key: pem('client.key') };
const secure = [{ host: 'jobs.example', port: 7419, tls: true }];
const plain = [{ host: 'jobs.example', port: 7419, tls: false }];
const environment = {
  FAKTORY_TLS_CERT: file('env.cert'),
  FAKTORY_TLS_KEY: file('env.key'),
  FAKTORY_TLS_CA: file('env.ca'),
};

describe('TLS files', () => {
  test('TLS files come from the environment, and a flag replaces its variable', () => {
    expect(clientTls(secure, {}, environment)).toEqual({
      cert: contents['env.cert'],
      key: contents['env.key'],
      ca: contents['env.ca'],
    });
    const files = { cert: file('flag.cert'), key: file('flag.key') };
    expect(clientTls(secure, { files }, environment)).toEqual({
      cert: contents['flag.cert'],
      key: contents['flag.key'],
      ca: contents['env.ca'],
    });
    expect(clientTls(secure, {}, {})).toBeUndefined();
  });

  test('TLS files of the environment fill in what the tls option does not set, but never half of a pair', () => {
    expect(clientTls(secure, { tls: { servername: 'x' } }, environment)).toEqual({
      cert: contents['env.cert'],
      key: contents['env.key'],
      ca: contents['env.ca'],
      servername: 'x',
    });
    expect(clientTls(secure, { tls: own }, environment)).toEqual({
      ...own,
      ca: contents['env.ca'],
    });
  });

  test('TLS files of the environment have no effect on a server without TLS', () => {
    expect(clientTls(plain, {}, environment)).toBeUndefined();
  });

  test.each<[string, TlsFiles, Record<string, string>, typeof secure, RegExp]>([
    ['a flag beside tcp://', { cert: 'x' }, {}, plain, /^--tls-cert needs TLS.*write tcp\+tls:\/\//],
    [
      'a certificate alone',
      { cert: 'x' },
      {},
      secure,
      /^--tls-cert is the certificate without its key.*FAKTORY_TLS_KEY/,
    ],
    [
      'a key alone',
      {},
      { FAKTORY_TLS_KEY: 'x' },
      secure,
      /^FAKTORY_TLS_KEY is the key without its certificate.*--tls-cert/,
    ],
    [
      'a missing file',
      { ca: '/none/ca.pem' },
      {},
      secure,
      /^--tls-ca: cannot read \/none\/ca\.pem \(ENOENT\)/,
    ],
    [
      'a CA without a certificate',
      {},
      { FAKTORY_TLS_CA: file('words.ca') },
      secure,
      /^FAKTORY_TLS_CA: .*words\.ca has no certificate/,
    ],
    [
      'a certificate of another key',
      { cert: file('flag.cert'), key: file('env.key') },
      {},
      secure,
      /flag\.cert \(--tls-cert\) was not made for the key .*env\.key \(--tls-key\)/,
    ],
    [
      'a key that is none',
      { cert: file('flag.cert'), key: file('words.key') },
      {},
      secure,
      /^--tls-key: .*words\.key is not a private key/,
    ],
  ])('%s is CONFIG, and the text names the flag or variable', (_name, files, env, addresses, message) => {
    expect(() => clientTls(addresses, { files }, env)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringMatching(message) }),
    );
  });
});
