import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { validity } from '../tls.ts';
import { CertificateWatch } from './certificate-watch.ts';

const pem = (name: string) => readFileSync(new URL(`../../test/tls/${name}.pem`, import.meta.url), 'utf8');
const tls = { key: pem('server.key'), cert: pem('server.cert') };
const DAY = 86_400_000_000;
const expiry = validity(tls)?.until ?? 0;

function watch(now: number) {
  const lines: string[] = [];
  const log = { debug() {}, info() {}, warn: (text: string) => lines.push(text), error() {} };
  const made = new CertificateWatch(log, () => now);
  made.use(tls);
  return { made, lines };
}

it('the expiry of a chain is the earliest expiry of its certificates', () => {
  expect(new Date(expiry / 1000).toISOString()).toBe('2126-11-01T20:41:44.000Z');
  expect(validity({ cert: tls.cert + pem('ca.cert') })?.until).toBe(expiry);
  expect(validity({ cert: Buffer.from(tls.cert) })?.until).toBe(expiry);
});

it('a certificate that expires within 30 days is logged, with what to do', () => {
  expect(watch(expiry - 31 * DAY)).toMatchObject({ lines: [], made: { soon: false, expiry } });
  const { lines, made } = watch(expiry - 12.5 * DAY);
  expect(made.soon).toBe(true);
  expect(lines).toEqual([
    'the TLS certificate expires in 12 days, at 2126-11-01T20:41:44.000Z; renew it and reload the server',
  ]);
  expect(watch(expiry + DAY).lines[0]).toMatch(/^the TLS certificate expired at .*, so clients refuse it;/);
});

it('a certificate that is not valid yet is logged with its beginning and the time of the machine', () => {
  const { from = 0 } = validity(tls) ?? {};
  expect(watch(from).lines).toEqual([]);
  expect(watch(from - DAY).lines).toEqual([
    'the TLS certificate is valid only from 2026-11-25T20:41:44.000Z, and this machine says 2026-11-24T20:41:44.000Z, so clients refuse it; set the clock, or use another certificate and reload the server',
  ]);
  expect(validity({ cert: tls.cert + pem('future.cert') })?.from).toBe(
    validity({ cert: pem('future.cert') })?.from,
  );
});

it('the warning is logged once a day, and at once for a new certificate', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  try {
    const { made, lines } = watch(expiry - DAY);
    made.start();
    vi.advanceTimersByTime(23 * 3_600_000);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(2 * 3_600_000);
    expect(lines).toHaveLength(2);
    made.use(tls);
    expect(lines).toHaveLength(3);
    made.use(undefined);
    expect([made.expiry, made.soon, lines.length]).toEqual([undefined, false, 3]);
    made.stop();
  } finally {
    vi.useRealTimers();
  }
});
