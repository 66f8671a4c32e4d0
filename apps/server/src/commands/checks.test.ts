import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

vi.mock('@faktory-ts/server', async (original) => ({
  ...(await original<typeof import('@faktory-ts/server')>()),
  sqliteVersion: () => {
    throw new Error('no SQLite for Node 20.19.0');
  },
}));

test('a Node without SQLite is a finding that says what to install', async () => {
  const { sqlite } = await import('./checks.ts');
  expect(sqlite()).toMatchObject({
    level: 'wrong',
    what: 'sqlite',
    told: 'no SQLite for Node 20.19.0',
    advice: expect.stringMatching(/Node 22\.16 or later/),
  });
});

test('a certificate is a warning from 30 days before it expires, and wrong once it has expired, in one finding', async () => {
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

test('a certificate that is not valid yet is wrong, and the finding names the clock', async () => {
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

test('the first certificate of a chain to expire counts, at any position', async () => {
  const { certificate } = await import('./secret-files.ts');
  const [server, expired] = ['server', 'expired'].map((name) =>
    readFileSync(new URL(`../../../../packages/server/test/tls/${name}.cert.pem`, import.meta.url), 'utf8'),
  );
  expect(certificate(`${server}${expired}`)).toMatchObject({
    level: 'wrong',
    told: expect.stringMatching(/^certificate 2 of its chain \(CN=localhost\) expired: Jan 31 .* 2020/),
  });
});

test('without a reserve a disk that is nearly full is a warning that names the reserve, never wrong by itself', async () => {
  const { room } = await import('./checks.ts');
  const [free, MB] = [100 * 1024 * 1024, 1024 * 1024];
  expect(room('/data', 0, free, 0.5)).toMatchObject({
    level: 'warn',
    told: '100 MB free on the disk of /data, there is no reserve',
    advice: expect.stringMatching(/free disk space, or set --disk-reserve/),
  });
  expect(room('/data', 0, 0, 0)).toMatchObject({ level: 'wrong' });
  expect(room('/data', 256 * MB, free, 0.5)).toMatchObject({ level: 'wrong' });
  expect(room('/data', 0, 4096 * MB, 0.5)).toMatchObject({ level: 'ok' });
});

test('an unknown StatsD host is a warning', async () => {
  const { configuration, statsd } = await import('./checks.ts');
  const found = async (url?: string) =>
    statsd(configuration({}, url === undefined ? {} : { DD_DOGSTATSD_URL: url }).config);
  expect(await found('udp://no-such-host.invalid:8125')).toMatchObject([
    { level: 'warn', what: 'statsd', told: expect.stringMatching(/no-such-host\.invalid is unknown \(E/) },
  ]);
  expect(await found('udp://127.0.0.1')).toMatchObject([{ level: 'ok', what: 'statsd' }]);
  expect(await found()).toEqual([]);
});
