import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { readTls } from './tls.ts';

const folder = mkdtempSync(join(tmpdir(), 'faktory-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  for (const name of ['private.key.pem', 'public.cert.pem']) rmSync(join(folder, name), { force: true });
});

const ours = (name: string) =>
  fileURLToPath(new URL(`../../../packages/server/test/tls/${name}`, import.meta.url));
const put = (from: string, to: string) => copyFileSync(ours(from), join(folder, to));
const none = { key: undefined, cert: undefined, clientCa: undefined };
const read = (flags = {}, tls: Partial<typeof none | Record<string, string>> = {}) => {
  const toml = { tls: { ...none, ...tls }, source: (table: string, key?: string) => `[${table}] ${key}` };
  return readTls(folder, flags, toml);
};

it('TLS is disabled without settings and without a pair in the configuration folder', () => {
  expect(read()).toBeUndefined();
});

it('TLS uses the pair of the configuration folder; named files override it', () => {
  put('server.key.pem', 'private.key.pem');
  put('server.cert.pem', 'public.cert.pem');
  expect(read()?.cert).toContain('BEGIN CERTIFICATE');
  const renewed = { 'tls-key': ours('renewed.key.pem'), 'tls-cert': ours('renewed.cert.pem') };
  expect(read(renewed)?.cert).not.toBe(read()?.cert);
  expect(read({}, { clientCa: ours('ca.cert.pem') })?.clientCa).toContain('BEGIN CERTIFICATE');
});

it('half a pair is refused, so that no server runs without a wanted TLS', () => {
  put('server.key.pem', 'private.key.pem');
  expect(() => read()).toThrow(/private.key.pem alone is not enough for TLS, the certificate is missing/);
  rmSync(join(folder, 'private.key.pem'));
  expect(() => read({}, { clientCa: ours('ca.cert.pem') })).toThrow(
    /^\[tls\] client_ca: .*key and certificate/,
  );
});

it('a TLS file that cannot be read or is no PEM, and a pair that does not match, are refused', () => {
  expect(() => read({}, { key: 'nope', cert: 'nope' })).toThrow(
    /^\[tls\] key: cannot read .*nope \(ENOENT\)/,
  );
  put('server.key.pem', 'private.key.pem');
  put('renewed.cert.pem', 'public.cert.pem');
  expect(() => read()).toThrow(/public.cert.pem does not match the key .*private.key.pem/);
  writeFileSync(join(folder, 'public.cert.pem'), 'hello');
  expect(() => read()).toThrow(/public.cert.pem is not a certificate in PEM form/);
});

it('a client_ca without a certificate is refused, because it would lock out all clients', () => {
  put('server.key.pem', 'private.key.pem');
  put('server.cert.pem', 'public.cert.pem');
  for (const text of ['', 'hello']) {
    writeFileSync(join(folder, 'ca.pem'), text);
    expect(() => read({}, { clientCa: join(folder, 'ca.pem') })).toThrow(
      /^\[tls\] client_ca: .*ca.pem is not a certificate in PEM form/,
    );
  }
});
