/** Targets of pointer and finger in a real browser: their size, and that none moves away. */
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { expectFaults, noBrowser, patience, type Site, site, tab } from './browser.ts';
import { endWires, Wire } from './wire.ts';

afterEach(endWires);

const least = 23.99; // px: the 24 of WCAG 2.5.8, less rounding

/**
 * Targets that are too small. An element around a checkbox that toggles it counts as the checkbox.
 */
const small = (page: Page): Promise<string[]> =>
  page.evaluate((px) => {
    const targets =
      'a[href], button, input, select, summary, [role=tab], [role=menuitem], [role=menuitemradio], [role=menuitemcheckbox]';
    const found = new Set<string>();
    for (const target of document.querySelectorAll<HTMLElement>(targets)) {
      const { width, height } = (target.closest('label, [data-own]') ?? target).getBoundingClientRect();
      const hidden = width === 0 || height === 0;
      if (hidden || (width >= px && height >= px)) continue;
      found.add(`${target.outerHTML.slice(0, 160)} ${Math.round(width)}x${Math.round(height)}`);
    }
    return [...found];
  }, least);

async function filled(): Promise<Site> {
  const at = await site();
  const wire = new Wire(at, 'w1');
  await wire.push(3, { queue: 'mail' });
  await wire.push(2, { queue: 'b', jobtype: 'ChargeCard', retry: 0 });
  await wire.fail(1, {}, 'b');
  await wire.push(1, { jid: 'job-00001', queue: 'b', jobtype: 'ChargeCard', args: [{ deep: [1, 2] }] });
  await wire.fail(2, {}, 'b');
  await wire.fetch('mail');
  return at;
}

const paths = [
  '/',
  '/queues',
  '/queues/mail',
  '/jobs',
  '/jobs?places=retries&queues=b',
  '/jobs/job-00001',
  '/errors',
  '/workers',
  '/push',
  '/about',
];

describe.skipIf(noBrowser)('a hand', patience, () => {
  test.each([
    ['a desktop', { width: 1280, height: 800 }],
    ['a phone', { width: 390, height: 844 }],
  ])('every target is at least 24 px wide and high on %s', async (_name, viewport) => {
    const at = await filled();
    const page = await tab({ viewport });
    const all: Record<string, string[]> = {};
    for (const path of paths) {
      await page.goto(at.url + path);
      await page.locator('h1').first().waitFor({ state: 'attached' });
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      const found = await small(page);
      if (found.length > 0) all[path] = found;
    }
    expect(all).toEqual({});
  });

  test('nothing on the page moves when the connection is lost and restored', async () => {
    expectFaults(/./);
    const at = await filled();
    const page = await tab();
    await page.goto(`${at.url}/queues`);
    const row = page.getByRole('row', { name: /mail/ });
    await row.waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    const top = async (): Promise<number | undefined> => (await row.boundingBox())?.y;
    const before = await top();
    at.program.signal('SIGKILL');
    await page.getByRole('button', { name: 'Try now' }).waitFor();
    expect(await top()).toBe(before);
    await site({}, at);
    await page.getByRole('button', { name: 'Try now' }).waitFor({ state: 'detached' });
    expect(await top()).toBe(before);
  });

  test('a question names the affected jobs or the kind of error', async () => {
    const at = await filled();
    const page = await tab();
    await page.goto(`${at.url}/jobs?queues=mail&places=ready`);
    await page
      .getByRole('checkbox', { name: /Select/ })
      .nth(1)
      .click();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('dialog').getByRole('listitem').filter({ hasText: 'SendEmail' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Select all that match' }).click();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('dialog').getByRole('listitem').filter({ hasText: 'Queue: mail' }).waitFor();
    await page.keyboard.press('Escape');
    await page.goto(`${at.url}/errors`);
    await page.getByRole('button', { name: 'Discard' }).first().click();
    await page
      .getByRole('dialog')
      .getByRole('listitem')
      .filter({ hasText: 'IOError disk on fire' })
      .waitFor();
  });
});
