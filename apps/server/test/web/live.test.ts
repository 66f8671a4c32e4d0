/*
 * What pages show by themselves: what another process does is seen within a moment, in every tab, and again after the server was away.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { expectFaults, noBrowser, patience, profile, site, tab } from './browser.ts';
import { endWires, Wire } from './wire.ts';

afterEach(endWires);
/** The browser says so itself when a connection is refused. */
const away = /ERR_CONNECTION_REFUSED|WebSocket connection/;

describe.skipIf(noBrowser)('live', patience, () => {
  test('a push from another process is on the page within a second', async () => {
    const at = await site();
    const wire = new Wire(at);
    await wire.push(1, { queue: 'mail' });
    const page = await tab();
    await page.goto(`${at.url}/queues`);
    const size = page.getByRole('row', { name: /mail/ });
    await size.waitFor();
    await page.evaluate(() => {
      const seen = new MutationObserver(() => {
        if (/\b8\b/.test(document.querySelector('main')?.textContent ?? ''))
          Object.assign(window, { seenAt: Date.now() });
      });
      seen.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    const pushedAt = Date.now();
    await wire.push(7, { queue: 'mail' });
    await page.waitForFunction(() => 'seenAt' in window);
    const seenAt = await page.evaluate(() => (window as unknown as { seenAt: number }).seenAt);
    expect(seenAt - pushedAt).toBeLessThan(1000);
  });

  test('two tabs show the same, and what one does the other sees', async () => {
    const at = await site();
    await new Wire(at).push(3, { queue: 'mail' });
    const context = await profile();
    const [one, two] = [await context.newPage(), await context.newPage()];
    await one.goto(`${at.url}/queues/mail`);
    await two.goto(`${at.url}/queues/mail`);
    await one.getByRole('button', { name: 'Pause' }).click();
    await two.getByRole('button', { name: 'Resume' }).waitFor();
    await two.getByRole('button', { name: 'Resume' }).click();
    await one.getByRole('button', { name: 'Pause' }).waitFor();
  });

  test('a server that was restarted is found again, and the page says in between that it is away', async () => {
    expectFaults(away);
    const at = await site();
    await new Wire(at).push(3, { queue: 'mail' });
    const page = await tab();
    await page.goto(`${at.url}/queues`);
    await page.getByRole('row', { name: /mail/ }).waitFor();
    await at.program.stop();
    await page.getByText('The connection to the server is lost', { exact: false }).waitFor();
    const again = await site({}, at);
    await page
      .getByText('The connection to the server is lost', { exact: false })
      .waitFor({ state: 'detached' });
    await new Wire(again).push(1, { queue: 'fresh' });
    await page.getByRole('row', { name: /fresh/ }).waitFor();
  });

  test('where WebSockets are blocked the page asks instead', async () => {
    expectFaults(/WebSocket/);
    const at = await site();
    const page = await tab();
    await page.routeWebSocket(/\/api\/live/, (socket) => socket.close());
    await page.goto(`${at.url}/queues`);
    await page.getByText('Polling').waitFor();
    await new Wire(at).push(1, { queue: 'mail' });
    await page.getByRole('row', { name: /mail/ }).waitFor();
  });
});
