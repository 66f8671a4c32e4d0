/**
 * The filters of the explorer in a real browser: the dialog, the address, and the order of failed
 * jobs.
 */
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { noBrowser, patience, site, tab } from './browser.ts';
import { endWires, eventually, Wire } from './wire.ts';

afterEach(endWires);

const names = (page: Page): Promise<string[]> => page.locator('[role=row] a').allTextContents();

describe.skipIf(noBrowser)('filters', patience, () => {
  test('“Apply” in the filter dialog with nothing typed keeps the address, for any characters in the values', async () => {
    const at = await site();
    await new Wire(at).push(1, { jobtype: 'Send mail, now' });
    const page = await tab();
    await page.goto(
      `${at.url}/jobs?queues=default&jobtypes=Send+mail%2C+now&error=+two++spaces&from=2026-01-02T03%3A04%3A05.678901Z`,
    );
    const address = page.url();
    await page.getByRole('button', { name: 'More filters' }).click();
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(page.url()).toBe(address);
    await page.getByRole('button', { name: 'More filters' }).click();
    await page.getByRole('dialog').getByLabel('Jobtype', { exact: true }).fill('Pay, later');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL(/jobtypes=Send\+mail%2C\+now&jobtypes=Pay%2C\+later/);
  });

  test('failed jobs are listed by time of failure, latest first, and a day in the address is in the user’s time zone', async () => {
    const at = await site();
    const wire = new Wire(at);
    const worker = new Wire(at, 'worker-0000001');
    for (const jobtype of ['First', 'Second', 'Third']) {
      await wire.push(1, { jobtype, retry: jobtype === 'Second' ? -1 : 25 });
      await worker.fail();
    }
    const page = await tab({ timezoneId: 'Asia/Tokyo' });
    await page.goto(`${at.url}/jobs?places=retries&places=dead`);
    await page.getByText('3 jobs shown').waitFor();
    expect(await names(page)).toEqual(['Third', 'Second', 'First']);
    await page.getByRole('columnheader', { name: 'Failed' }).waitFor();
    await page.getByLabel('Order').selectOption('due');
    await page.waitForURL(/order=due/);
    await page.goto(`${at.url}/jobs?places=dead&failed_from=2026-01-02`);
    await page.getByText('1 job shown').waitFor();
    expect(await names(page)).toEqual(['Second']);
    // Midnight of that day in Tokyo.
    await page.getByRole('button', { name: /Failed from: Jan 2, 2026, 12:00:00\.000 AM/ }).waitFor();
    await page.goto(`${at.url}/jobs?places=dead&failed_from=2100-01-02`);
    await page.getByText('No job matches').waitFor();
  });
});

describe.skipIf(noBrowser)('the overview', patience, () => {
  test('the charts of the overview show the time before the page was opened, and never 1970', async () => {
    const at = await site();
    const wire = new Wire(at);
    await wire.push(40);
    await new Wire(at).push(1);
    await eventually(async () => {
      const answer = await fetch(`${at.url}/api/seconds`);
      const { samples } = (await answer.json()) as { samples: { pushed: number }[] };
      return samples.length > 2 && samples.at(-1)?.pushed === 41;
    });
    const page = await tab();
    await page.goto(at.url);
    const table = page.getByRole('figure', { name: /pushed, done and failed/ }).getByRole('table');
    await eventually(async () => (await table.getByRole('row').count()) > 2);
    const text = await table.textContent();
    expect(text).not.toContain('1970');
    expect(text).toMatch(/[1-9]\d*(\.\d+)?\/s/);
    expect(await page.title()).toContain('faktory-ts');
  });
});
