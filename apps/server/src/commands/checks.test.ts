import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

vi.mock('@faktory-ts/server', async (original) => ({
  ...(await original<typeof import('@faktory-ts/server')>()),
  sqliteVersion: () => {
    throw new Error('no SQLite for Node 20.19.0');
  },
}));

test('a Node without SQLite is a finding of its own, with what to install', async () => {
  const { sqlite } = await import('./checks.ts');
  expect(sqlite()).toMatchObject({
    level: 'wrong',
    what: 'sqlite',
    told: 'no SQLite for Node 20.19.0',
    advice: expect.stringMatching(/Node 22\.16 or later/),
  });
});

test('a certificate is warned of 30 days before it expires, and wrong once it has, in one finding', async () => {
  const { certificate } = await import('./secret-files.ts');
  const pem = readFileSync(
    new URL('../../../../packages/server/test/tls/server.cert.pem', import.meta.url),
    'utf8',
  );
  const end = Date.parse(new X509Certificate(pem).validTo);
  const day = 86_400_000;
  const levels = [-31, -29, 1].map((days) => certificate(pem, end + days * day).level);
  expect(levels).toEqual(['ok', 'warn', 'wrong']);
});

test('a certificate that is not valid yet is wrong, and the clock is named', async () => {
  const { certificate } = await import('./secret-files.ts');
  const [server, future] = ['server', 'future'].map((name) =>
    readFileSync(new URL(`../../../../packages/server/test/tls/${name}.cert.pem`, import.meta.url), 'utf8'),
  );
  expect(certificate(`${server}${future}`)).toMatchObject({
    level: 'wrong',
    told: expect.stringMatching(/^certificate 2 of its chain is valid only from .* 2120/),
    advice: expect.stringMatching(/^set the clock/),
  });
});

test('of a chain the certificate that expires first counts, wherever it stands', async () => {
  const { certificate } = await import('./secret-files.ts');
  const [server, expired] = ['server', 'expired'].map((name) =>
    readFileSync(new URL(`../../../../packages/server/test/tls/${name}.cert.pem`, import.meta.url), 'utf8'),
  );
  expect(certificate(`${server}${expired}`)).toMatchObject({
    level: 'wrong',
    told: expect.stringMatching(/^certificate 2 of its chain \(CN=localhost\) expired: Jan 31 .* 2020/),
  });
});
