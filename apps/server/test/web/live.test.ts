/**
 * Live updates: changes by other processes appear at once in every tab, also after a restart of
 * the server.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { expectFaults, noBrowser, patience, profile, site, tab } from './browser.ts';
import { endWires, Wire } from './wire.ts';

afterEach(endWires);
/** Chromium itself logs a refused connection. */
const away = /ERR_CONNECTION_REFUSED|WebSocket connection/;

describe.skipIf(noBrowser)('live', patience, () => {
  test('a push from another process appears on the page within a second', async () => {
    const at = await site();
    const wire = new Wire(at);
    await wire.push(1, { queue: 'mail' });
    const page = await tab();
    await page.goto(`${at.url}/queues`);
    await page.getByRole('row', { name: /mail/ }).waitFor();
    await page.evaluate(() => {
      const seenAt: Record<string, number> = {};
      Object.assign(window, { seenAt });
      new MutationObserver(() => {
        for (const cell of document.querySelectorAll('[role=gridcell]'))
          seenAt[cell.textContent ?? ''] ??= Date.now();
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    // The best of several attempts counts, because a busy machine makes single attempts slow.
    const took: number[] = [];
    for (const size of ['12', '23', '34', '45', '56']) {
      const pushedAt = Date.now();
      await wire.push(11, { queue: 'mail' });
      const seenAt = await page.waitForFunction(
        (text) => (window as unknown as { seenAt: Record<string, number> }).seenAt[text],
        size,
      );
      took.push(Number(await seenAt.jsonValue()) - pushedAt);
    }
    expect(Math.min(...took)).toBeLessThan(1000);
  });

  test('a change in one tab appears in the other tab, and in its own tab even while updates are paused', async () => {
    const at = await site();
    await new Wire(at).push(3, { queue: 'mail' });
    const context = await profile();
    const [one, two] = [await context.newPage(), await context.newPage()];
    await one.goto(`${at.url}/queues/mail`);
    await two.goto(`${at.url}/queues/mail`);
    await one.getByRole('button', { name: 'Pause' }).click();
    await one.getByRole('button', { name: 'Resume' }).waitFor();
    await two.getByRole('button', { name: 'Resume' }).click();
    await one.getByRole('button', { name: 'Pause' }).waitFor();
    await one.evaluate(() => localStorage.setItem('faktory-ui', '{"rate":0}'));
    await one.reload();
    await one.getByText('Updates paused').waitFor();
    await one.getByRole('button', { name: 'Pause' }).click();
    await one.getByRole('button', { name: 'Resume' }).waitFor();
  });

  test('the list of a queue’s jobs is refreshed even while the queue changes all the time', async () => {
    const at = await site();
    const [wire, worker] = [new Wire(at), new Wire(at, 'worker-0000001')];
    await wire.push(1, { queue: 'mail' });
    const page = await tab();
    await page.goto(`${at.url}/queues/mail`);
    await page.getByRole('row', { name: /SendEmail/ }).waitFor();
    const [urgent = ''] = await wire.push(1, { queue: 'mail', jobtype: 'ChargeCard', priority: 4 });
    let busy = true;
    const rush = (async () => {
      for (; busy; await page.evaluate(() => new Promise(requestAnimationFrame))) {
        await wire.push(1, { queue: 'mail', jobtype: 'Tick', priority: 9 });
        await worker.fetch('mail');
      }
    })();
    const first = page.getByRole('grid').getByRole('row').nth(1);
    await page.getByRole('row', { name: /ChargeCard/ }).waitFor();
    busy = false;
    await rush;
    await wire.ask(`CHANGE ${JSON.stringify({ jids: [urgent], action: 'prioritize', priority: 8 })}`);
    await first.filter({ hasText: 'ChargeCard' }).waitFor();
  });

  test('the page says that the connection is lost, and reconnects to a restarted server', async () => {
    expectFaults(away);
    const at = await site();
    await new Wire(at).push(3, { queue: 'mail' });
    const page = await tab();
    await page.goto(`${at.url}/queues`);
    await page.getByRole('row', { name: /mail/ }).waitFor();
    await at.program.stop();
    await page.getByText('The connection to the server is lost', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Actions for mail' }).click();
    await page.getByRole('menuitem', { name: 'Pause' }).click();
    await page.getByRole('alert').getByText('The server does not answer', { exact: false }).waitFor();
    const again = await site({}, at);
    await page
      .getByText('The connection to the server is lost', { exact: false })
      .waitFor({ state: 'detached' });
    await new Wire(again).push(1, { queue: 'fresh' });
    await page.getByRole('row', { name: /fresh/ }).waitFor();
  });

  test('the page polls where WebSockets are blocked', async () => {
    expectFaults(/WebSocket/);
    const at = await site();
    const page = await tab();
    await page.routeWebSocket(/\/api\/live/, (socket) => socket.close());
    await page.goto(`${at.url}/queues`);
    await page.getByText('Polling').waitFor();
    const wire = new Wire(at);
    await wire.push(1, { queue: 'mail' });
    await page.getByRole('link', { name: 'mail' }).click();
    await page.getByRole('row', { name: /SendEmail/ }).waitFor();
    await wire.push(1, { queue: 'mail', jobtype: 'ChargeCard' });
    await page.getByRole('row', { name: /ChargeCard/ }).waitFor();
  });
});
