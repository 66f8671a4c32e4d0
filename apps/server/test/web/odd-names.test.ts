/** Names that browsers and proxies change in an address, and jobs that run, in a real browser. */
import { afterEach, describe, test } from 'vitest';
import { noBrowser, patience, site, tab } from './browser.ts';
import { endWires, eventually, Wire } from './wire.ts';

afterEach(endWires);

describe.skipIf(noBrowser)('names and running jobs', patience, () => {
  test('queues named . and .. have pages and can be paused, and a job id with %2f opens its job', async () => {
    const at = await site();
    const wire = new Wire(at);
    for (const queue of ['.', '..']) await wire.push(1, { queue });
    await wire.ask(
      'PUSH {"jid":"odd%2fjob-1","jobtype":"Odd","args":["100%41"],"at":"2100-01-01T00:00:00Z"}',
    );
    const page = await tab();
    await page.goto(`${at.url}/queues`);
    await page.getByRole('link', { name: '..', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: '..' }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await eventually(async () => (await wire.ask('QUEUES')).includes('"name":"..","size":1,"paused":true'));
    // The typed text has a %: the address must keep it unchanged.
    await page.goto(`${at.url}/jobs?text=100%2541`);
    await page.getByText('1 job shown').waitFor();
    await page.getByRole('link', { name: 'Odd' }).click();
    await page.getByText('odd%2fjob-1', { exact: true }).first().waitFor();
  });

  test('a running job shows its arguments, its start, and a link to its worker', async () => {
    const at = await site();
    await new Wire(at).push(1, { args: ['needle'] });
    const worker = new Wire(at, 'worker-0000001');
    await worker.ask('BEAT {"wid":"worker-0000001","rss_kb":1000}');
    const jid = await worker.fetch();
    const page = await tab();
    await page.goto(`${at.url}/workers`);
    await page.getByRole('grid', { name: 'Running jobs' }).getByText('["needle"]').waitFor();
    await page.goto(`${at.url}/jobs/${jid}`);
    await page.getByText('Running for').waitFor();
    await page.getByRole('link', { name: 'worker-0000001' }).click();
    await page.waitForURL(/\/workers\?text=worker-0000001/);
    const workers = page.getByRole('grid', { name: 'Worker processes' });
    await workers.getByRole('row', { name: 'test-host 42' }).waitFor();
  });

  test('the arguments of a job that starts while the page is open are fetched at once', async () => {
    const at = await site();
    const wire = new Wire(at, 'w1');
    const page = await tab();
    // The page's five-second refresh is off, so only the change itself can cause a request.
    await page.addInitScript(() => {
      const every = globalThis.setInterval;
      const without = (act: () => void, time?: number) => (time === 5000 ? 0 : every(act, time));
      globalThis.setInterval = without as typeof setInterval;
    });
    await page.goto(`${at.url}/workers`);
    await page.getByText('No jobs are running').waitFor();
    await wire.push(1, { args: ['short-lived'] });
    await wire.fetch();
    await page
      .getByRole('row', { name: /SendEmail/ })
      .getByText('short-lived')
      .waitFor();
  });
});
