/**
 * Login and rights, requests from pages of other origins, and scripts in jobs, which must never run.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { axe, expectFaults, noBrowser, patience, profile, type Site, site, tab } from './browser.ts';
import { endWires, Wire } from './wire.ts';

afterEach(endWires);
const denied = /status of (401|403|429)|WebSocket connection/;

/** A page of another origin. */
async function otherOrigin(html: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function addToken(at: Site, name: string, scope: string): Promise<string> {
  const { TokenFile } = await import('@faktory-ts/server');
  const secret = new TokenFile(at.dir, 'test').add(name, scope);
  // The server notices by itself, but maybe not before the page's next request.
  at.program.signal('SIGHUP');
  await at.program.says(/SIGHUP: reloaded/);
  return secret;
}

describe.skipIf(noBrowser)('access', patience, () => {
  test('the login page refuses a wrong password, and after a login shows the requested page', async () => {
    expectFaults(denied);
    const at = await site({ password: 'secret' });
    await new Wire(at, undefined, 'secret').push(1, { queue: 'mail' });
    const page = await tab();
    await page.goto(`${at.url}/queues`);
    await page.getByLabel('Password').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Password').fill('secret');
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: /mail/ }).waitFor();
    await page.reload();
    await page.getByRole('row', { name: /mail/ }).waitFor();
    expect(await page.evaluate(() => document.cookie)).toBe('');
  });

  test('copied commands have the server’s address and a placeholder for the password', async () => {
    expectFaults(denied);
    const at = await site({ password: 'secret' });
    const page = await tab({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(at.url);
    await page.getByLabel('Password').fill('secret');
    await page.keyboard.press('Enter');
    await page.getByText(`export FAKTORY_URL='tcp://:PASSWORD@127.0.0.1:${at.port}'`).waitFor();
    await page.getByText('Replace PASSWORD').waitFor();
    await new Wire(at, undefined, 'secret').push(1, { jid: 'job-00001' });
    await page.goto(`${at.url}/jobs/job-00001`);
    const copied = async (name: string): Promise<string> => {
      await page.getByRole('button', { name }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      await page.getByRole('button', { name: 'Copied' }).waitFor({ state: 'detached' });
      return page.evaluate(() => navigator.clipboard.readText());
    };
    expect(await copied('Copy as a push command')).toContain(
      `FAKTORY_URL='tcp://:PASSWORD@127.0.0.1:${at.port}' faktory push`,
    );
    expect(await copied('Copy as a curl command')).toContain(
      `curl -u 'any:PASSWORD' -X POST '${at.url}/api/jobs'`,
    );
    await page.getByText('Replace PASSWORD').waitFor();
  });

  test('a logout in one tab shows the login in every tab', async () => {
    expectFaults(denied);
    const at = await site({ password: 'secret' });
    const context = await profile();
    const [one, two] = [await context.newPage(), await context.newPage()];
    await one.goto(at.url);
    await one.getByLabel('Password').fill('secret');
    await one.keyboard.press('Enter');
    await one.getByText('Live', { exact: true }).waitFor();
    await two.goto(`${at.url}/workers`);
    await two.getByText('Live', { exact: true }).waitFor();
    await one.getByRole('button', { name: 'Preferences' }).click();
    await one.getByRole('menuitem', { name: 'Log out' }).click();
    await one.getByLabel('Password').waitFor();
    await two.getByLabel('Password').waitFor();
  });

  test('a read-only token sees every page but no buttons that change anything', async () => {
    expectFaults(denied);
    const at = await site({ password: 'secret' });
    await new Wire(at, undefined, 'secret').push(2, { queue: 'mail' });
    const secret = await addToken(at, 'viewer', 'read');
    const page = await tab();
    await page.goto(`${at.url}/queues/mail`);
    await page.getByLabel('Token name').fill('viewer');
    await page.getByLabel('Password').fill(secret);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'mail' }).waitFor();
    expect(await page.getByRole('button', { name: /Pause|Clear|Remove/ }).count()).toBe(0);
    const refused = await page.evaluate(() =>
      fetch('/api/queues/mail/pause', { method: 'POST' }).then(({ status }) => status),
    );
    expect(refused).toBe(403);
    await page.goto(`${at.url}/jobs`);
    await page.getByText('2 jobs shown').waitFor();
    expect(await page.getByRole('checkbox').count()).toBe(0);
  });

  test('a page of another origin cannot change anything by form, fetch or WebSocket', async () => {
    expectFaults(denied, /CORS|ERR_FAILED|ERR_BLOCKED|net::/, /frame-ancestors|X-Frame-Options|form-action/);
    const at = await site({ password: 'secret' });
    const wire = new Wire(at, undefined, 'secret');
    await wire.push(1, { queue: 'mail' });
    const page = await tab();
    await page.goto(at.url);
    await page.getByLabel('Password').fill('secret');
    await page.keyboard.press('Enter');
    await page.getByText('Live', { exact: true }).waitFor();
    const other = await otherOrigin(`<!doctype html><title>other</title>
      <form method="post" action="${at.url}/api/queues/mail/remove"><button>Win a prize</button></form>
      <iframe src="${at.url}/queues"></iframe>`);
    await page.goto(other.url);
    const tried = await page.evaluate(async (url) => {
      const post = (path: string, init: RequestInit) =>
        fetch(url + path, { method: 'POST', credentials: 'include', ...init }).then(
          ({ status }) => `${status}`,
          () => 'refused',
        );
      const socket = await new Promise<string>((resolve) => {
        const live = new WebSocket(`${url.replace('http', 'ws')}/api/live`);
        live.onopen = () => resolve('open');
        live.onerror = () => resolve('refused');
      });
      const fetched = await post('/api/queues/mail/pause', {});
      const plain = await post('/api/jobs/change', {
        mode: 'no-cors',
        body: '{"action":"discard","places":["ready"]}',
      });
      const read = await fetch(`${url}/api/jobs`, { credentials: 'include' }).then(
        () => 'read',
        () => 'refused',
      );
      return { socket, fetched, plain, read };
    }, at.url);
    expect(tried).toMatchObject({ socket: 'refused', fetched: 'refused', read: 'refused' });
    await page.getByRole('button', { name: 'Win a prize' }).click();
    await page.waitForLoadState();
    expect(await page.locator('body').textContent()).toContain('another origin');
    expect(JSON.parse(await wire.ask('QUEUES'))).toMatchObject([{ name: 'mail', size: 1, paused: false }]);
    await other.close();
  });

  test('scripts in arguments, jobtypes, errors, labels and queue names never run', async () => {
    const at = await site();
    const wire = new Wire(at);
    const evil = `<img src=x onerror="window.ran=1"><script>window.ran=1</script>{{constructor.constructor('window.ran=1')()}}`;
    await wire.push(3, { jobtype: evil, args: [evil, { [evil]: evil }], custom: { wrapped: evil } });
    const worker = new Wire(at, `w-${encodeURIComponent(evil).slice(0, 60)}`);
    await worker.fail(1, { errtype: evil, message: evil, backtrace: [evil] });
    await worker.fetch();
    const page = await tab();
    const jids = (await wire.jobs()).map(({ job }) => job.jid);
    for (const path of ['/', '/jobs', '/errors', '/workers', '/push', ...jids.map((jid) => `/jobs/${jid}`)]) {
      await page.goto(at.url + path);
      await page.waitForFunction(() => !document.querySelector('.skeleton, [aria-busy=true]'));
      expect(await page.evaluate(() => 'ran' in window)).toBe(false);
      expect(await page.locator('main img, main script').count()).toBe(0);
    }
    await page.goto(`${at.url}/jobs`);
    await page.getByText('<img src=x', { exact: false }).first().waitFor();
  });

  test('pages, links and the live connection work below the path prefix of a proxy', async () => {
    const at = await site();
    await new Wire(at).push(1, { queue: 'mail' });
    const proxy = await prefixProxy(at, '/faktory');
    const page = await tab();
    await page.goto(`${proxy.url}/faktory/queues`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'mail' }).first().click();
    await page.getByRole('heading', { name: 'mail' }).waitFor();
    expect(page.url()).toBe(`${proxy.url}/faktory/queues/mail`);
    await page.reload();
    await page.getByRole('heading', { name: 'mail' }).waitFor();
    await page.close(); // before the proxy ends, because the page would log errors
    await proxy.close();
  });
});

/** A proxy like nginx that serves the server below a path and sends the prefix header. */
async function prefixProxy(at: Site, prefix: string): Promise<{ url: string; close(): Promise<void> }> {
  const { request } = await import('node:http');
  const { connect } = await import('node:net');
  const sockets = new Set<Duplex>();
  const server = createServer((asked, answer) => {
    const options = { host: '127.0.0.1', port: at.webPort, path: asked.url, method: asked.method };
    const passed = request({ ...options, headers: { ...asked.headers, 'x-script-name': prefix } }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.on('error', () => answer.destroy()).pipe(answer);
    });
    // The page or the server may end during a request; nobody needs the error then.
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  server.on('upgrade', (asked, socket, head) => {
    sockets.add(socket);
    const upstream = connect(at.webPort, '127.0.0.1', () => {
      const lines = Object.entries({ ...asked.headers, 'x-script-name': prefix }).map(
        ([name, value]) => `${name}: ${value}`,
      );
      upstream.write(`GET ${asked.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    for (const end of [socket, upstream])
      end.on('error', () => [socket, upstream].map((each) => each.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy(); // the server does not know those of WebSockets
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url: `http://127.0.0.1:${port}`, close };
}
