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

it('is off where nothing is said and the configuration folder has no pair', () => {
  expect(read()).toBeUndefined();
});

it('is the pair of the configuration folder, and what was named goes before it', () => {
  put('server.key.pem', 'private.key.pem');
  put('server.cert.pem', 'public.cert.pem');
  expect(read()?.cert).toContain('BEGIN CERTIFICATE');
  const renewed = { 'tls-key': ours('renewed.key.pem'), 'tls-cert': ours('renewed.cert.pem') };
  expect(read(renewed)?.cert).not.toBe(read()?.cert);
  expect(read({}, { clientCa: ours('ca.cert.pem') })?.clientCa).toContain('BEGIN CERTIFICATE');
});

it('is refused with one of the pair missing, so that nobody runs in the clear who asked for TLS', () => {
  put('server.key.pem', 'private.key.pem');
  expect(() => read()).toThrow(/private.key.pem alone is not enough for TLS, the certificate is missing/);
  rmSync(join(folder, 'private.key.pem'));
  expect(() => read({}, { clientCa: ours('ca.cert.pem') })).toThrow(
    /^\[tls\] client_ca: .*key and certificate/,
  );
});

it('is refused when a file cannot be read, is no PEM, or the two do not belong together', () => {
  expect(() => read({}, { key: 'nope', cert: 'nope' })).toThrow(
    /^\[tls\] key: cannot read .*nope \(ENOENT\)/,
  );
  put('server.key.pem', 'private.key.pem');
  put('renewed.cert.pem', 'public.cert.pem');
  expect(() => read()).toThrow(/public.cert.pem was not made for the key .*private.key.pem/);
  writeFileSync(join(folder, 'public.cert.pem'), 'hello');
  expect(() => read()).toThrow(/public.cert.pem is not a certificate in PEM form/);
});

it('is refused with a client_ca that has no certificate, so that clients are not all locked out', () => {
  put('server.key.pem', 'private.key.pem');
  put('server.cert.pem', 'public.cert.pem');
  for (const text of ['', 'hello']) {
    writeFileSync(join(folder, 'ca.pem'), text);
    expect(() => read({}, { clientCa: join(folder, 'ca.pem') })).toThrow(
      /^\[tls\] client_ca: .*ca.pem is not a certificate in PEM form/,
    );
  }
});
