import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HealthReport } from './health.ts';
import { type HttpServer, serve } from './http-server.ts';

const report: HealthReport = {
  healthy: true,
  state: 'running',
  busy: 1,
  concurrency: 2,
  last_fetch: 0.5,
  last_beat: null,
};
let healthy = true;
let server: HttpServer;

beforeEach(async () => {
  healthy = true;
  const pages = { health: () => ({ ...report, healthy }), metrics: () => 'a 1\n' };
  server = await serve({ host: '127.0.0.1', port: 0 }, pages);
});

afterEach(() => server.stop());

const get = (path: string, method = 'GET'): Promise<Response> =>
  fetch(`http://${server.address}${path}`, { method });

test('/health is 200 with the report, or 503', async () => {
  const well = await get('/health?full=1');
  expect([well.status, await well.json()]).toEqual([200, report]);
  healthy = false;
  const sick = await get('/health');
  expect([sick.status, await sick.json()]).toEqual([503, { ...report, healthy: false }]);
});

test('/metrics is text in the format of Prometheus', async () => {
  const page = await get('/metrics');
  expect([page.status, await page.text()]).toEqual([200, 'a 1\n']);
  expect(page.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
});

test.each([
  ['/', 'GET', 404],
  ['/health/x', 'GET', 404],
  ['/metrics', 'POST', 405],
  ['/health', 'HEAD', 200],
])('%s by %s is %i', async (path, method, status) => {
  expect((await get(path, method)).status).toBe(status);
});

test('an address that is in use fails with LISTEN, and the error names it', async () => {
  const port = Number(server.address.split(':')[1]);
  const pages = { health: () => report, metrics: () => '' };
  await expect(serve({ host: '127.0.0.1', port }, pages)).rejects.toMatchObject({
    code: 'LISTEN',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
});
