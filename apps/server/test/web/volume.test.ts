/**
 * Large data: the page renders only the rows on the screen, and finds single ones.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { noBrowser, patience, site, tab } from './browser.ts';
import { endWires, Wire } from './wire.ts';

afterEach(endWires);

const perLine = 10_000;
const most = 150; // rows that may be rendered, for data of any size

describe.skipIf(noBrowser)('much of everything', { timeout: 120_000 }, () => {
  test('a list of a million jobs shows its first rows, scrolls on, and finds a rare job with the progress of the search', async () => {
    const at = await site();
    const wire = new Wire(at);
    for (let thousands = 0; thousands < 1000; thousands += 10) await wire.push(perLine, { queue: 'bulk' });
    await wire.push(1, { queue: 'bulk', args: ['the-needle'], priority: 1 });
    const page = await tab();
    await page.goto(`${at.url}/jobs`);
    const rows = page.getByRole('row');
    await rows.nth(20).waitFor();
    await page.getByRole('button', { name: /^Ready 1M|^Ready 1,000,001/ }).waitFor();
    for (let screens = 0; screens < 15; screens++) await page.mouse.wheel(0, 2000);
    await page.waitForFunction(
      () => document.querySelectorAll('[role=row][data-index]').item(5)?.getAttribute('data-index') !== '5',
    );
    expect(await rows.count()).toBeLessThan(most);
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.getByRole('searchbox', { name: 'Text in the arguments' }).fill('the-needle');
    await page.getByText(/Searched .* of 1,000,001 jobs/).waitFor();
    await page.getByText('1 job shown', { exact: true }).waitFor();
    await page.getByRole('row', { name: /the-needle/ }).waitFor();
  });

  test('of ten thousand queues few are rendered, a filter finds one, also after a reload, and live numbers continue', async () => {
    const at = await site();
    const wire = new Wire(at);
    const jobs = Array.from({ length: 10_000 }, (_, index) => ({
      jid: `job-${index}-of-many`,
      jobtype: 'A',
      args: [],
      queue: `queue-${index}`,
    }));
    await wire.ask(`PUSHB ${JSON.stringify(jobs)}`);
    const page = await tab();
    await page.goto(`${at.url}/queues`);
    await page
      .getByRole('row', { name: /queue-0/ })
      .first()
      .waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(most);
    await page.getByRole('searchbox', { name: /filter/i }).fill('queue-9876');
    await page.getByRole('row', { name: /queue-9876/ }).waitFor();
    await page.reload();
    await wire.push(41, { queue: 'queue-9876' });
    await page.getByRole('row', { name: /queue-9876.*42/ }).waitFor();
  });

  test('of five hundred workers all are counted and few are rendered', async () => {
    const at = await site();
    await new Wire(at).push(3);
    const workers = Array.from(
      { length: 500 },
      (_, index) => new Wire(at, `worker-${String(index).padStart(7, '0')}`),
    );
    await Promise.all(
      workers.map((worker, index) => worker.ask(`BEAT {"wid":"worker-${String(index).padStart(7, '0')}"}`)),
    );
    await workers[77]?.fetch();
    const page = await tab();
    await page.goto(`${at.url}/workers`);
    await page.getByText('500 processes', { exact: false }).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(most);
  });

  test('of an argument of five megabytes the list and the job’s page show the beginning, and the file has all', async () => {
    const at = await site();
    const wire = new Wire(at);
    const [jid] = await wire.push(1, { args: ['x'.repeat(5_000_000)] });
    const page = await tab();
    await page.goto(`${at.url}/jobs`);
    await page.getByRole('row').nth(1).click();
    await page.waitForURL(`**/jobs/${jid}*`);
    await page.getByText('The page shows the beginning', { exact: false }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download as a file' }).click(),
    ]);
    expect((await (await import('node:fs/promises')).stat(await download.path())).size).toBeGreaterThan(
      5_000_000,
    );
  });
});

describe.skipIf(noBrowser)('the keyboard alone', patience, () => {
  test('with the keyboard alone a user goes to every page, finds a job, opens it and kills it', async () => {
    const at = await site();
    const wire = new Wire(at);
    await wire.push(3, { queue: 'mail' });
    const page = await tab();
    await page.goto(at.url);
    await page.getByText('Live', { exact: true }).waitFor();
    for (const [key, path] of [
      ['q', '/queues'],
      ['e', '/errors'],
      ['w', '/workers'],
      ['p', '/push'],
      ['s', '/about'],
      ['o', '/'],
      ['j', '/jobs'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.waitForURL(at.url + path);
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Command palette').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('row').nth(3).waitFor();
    await page.getByRole('row').nth(1).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await page.getByText('1 job selected').waitFor();
    await page.getByRole('checkbox').first().focus();
    await page.keyboard.press('Space');
    await page.getByText('3 jobs selected').waitFor();
    await page.getByRole('row').nth(2).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/jobs/*');
    await page.getByRole('button', { name: 'Kill' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('It is dead', { exact: false }).waitFor();
    expect((await wire.jobs({ places: ['dead'] })).length).toBe(1);
  });

  test('with the keyboard alone a user opens the command palette and goes to a queue by its name', async () => {
    const at = await site();
    await new Wire(at).push(1, { queue: 'mail-outgoing' });
    const page = await tab();
    await page.goto(at.url);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.type('outgoing');
    await page.getByRole('option', { name: /mail-outgoing/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${at.url}/queues/mail-outgoing`);
    await page.getByRole('heading', { name: 'mail-outgoing' }).waitFor();
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT');
  });

  test('the focus is visible on every step of Tab through a page', async () => {
    const at = await site();
    await new Wire(at).push(2);
    const page = await tab();
    await page.goto(`${at.url}/jobs`);
    await page.getByRole('row').nth(1).waitFor();
    const hidden: string[] = [];
    for (let steps = 0; steps < 40; steps++) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const style = getComputedStyle(element);
        const seen = style.outlineStyle !== 'none' || style.boxShadow !== 'none' || element === document.body;
        return { seen, html: element.outerHTML.slice(0, 120) };
      });
      if (!focus.seen) hidden.push(focus.html);
    }
    expect(hidden).toEqual([]);
  });
});
