/**
 * Every page in a real browser without errors: both themes, phone and wide screen, left to right and
 * right to left, and axe finds nothing.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { freshFolder } from '../program.ts';
import { axe, noBrowser, patience, type Site, site, tab } from './browser.ts';
import { takePictures } from './pictures.ts';
import { endWires, populate, Wire } from './wire.ts';

afterEach(endWires);

const pages = [
  '/',
  '/queues',
  '/queues/mail',
  '/jobs',
  '/jobs?places=retries',
  '/errors',
  '/workers',
  '/push',
  '/about',
];

const languages = readdirSync(fileURLToPath(new URL('../../../web/src/words', import.meta.url)))
  .filter((name) => /^[a-z]{2}(-[A-Z]{2})?\.ts$/.test(name))
  .map((name) => name.slice(0, -'.ts'.length));

/** Field hints that do not fit; runs in the page. */
function hintsThatAreCut(): string[] {
  const brush = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
  return [...document.querySelectorAll<HTMLInputElement>('input[placeholder]')].flatMap((field) => {
    const { font, paddingLeft, paddingRight } = getComputedStyle(field);
    const room = field.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
    brush.font = font;
    return brush.measureText(field.placeholder).width > room ? [field.placeholder] : [];
  });
}

async function visit(page: Page, site: Site, path: string): Promise<void> {
  await page.goto(site.url + path);
  await page
    .getByRole('status', { name: 'Live' })
    .or(page.getByText('Live', { exact: true }))
    .first()
    .waitFor();
  await page.waitForFunction(() => !document.querySelector('.skeleton, [aria-busy=true]'));
}

describe.skipIf(noBrowser)('the pages', patience, () => {
  test.each(['light', 'dark'] as const)('axe finds nothing on any page, %s', async (colorScheme) => {
    const at = await site();
    await populate(at);
    const page = await tab({ colorScheme });
    const [job] = await new Wire(at).jobs({ places: ['retries'] });
    const found: string[] = [];
    for (const path of [...pages, `/jobs/${job?.job.jid}`]) {
      await visit(page, at, path);
      found.push(...(await axe(page)).map((fault) => `${path} ${fault}`));
    }
    expect(found).toEqual([]);
  });

  test('every page fits on a phone, a tablet and a wide screen without horizontal scrolling', async () => {
    const at = await site();
    await populate(at);
    const page = await tab();
    const wide: string[] = [];
    for (const path of pages) {
      await visit(page, at, path);
      for (const width of [360, 820, 2200]) {
        await page.setViewportSize({ width, height: 800 });
        const fits = page.waitForFunction(
          () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
          undefined,
          { timeout: 3000 },
        );
        await fits.catch(() => wide.push(`${path} at ${width}`));
      }
    }
    expect(wide).toEqual([]);
  });

  test('pages are mirrored in right-to-left languages, and axe finds nothing there', async () => {
    const at = await site();
    await populate(at);
    const page = await tab({ locale: 'ar' });
    for (const path of ['/', '/jobs', '/queues']) {
      await page.goto(at.url + path);
      await page.locator('html[dir=rtl][lang=ar]').waitFor();
      await page.getByText('مباشر', { exact: true }).waitFor();
      await page.waitForFunction(() => !document.querySelector('.skeleton, [aria-busy=true]'));
      expect(await axe(page)).toEqual([]);
      const rail = await page.getByRole('navigation').first().boundingBox();
      expect(rail?.x).toBeGreaterThan(640);
    }
  });

  test('a text cut off by its column starts at its beginning, and a tooltip has all of it', async () => {
    const at = await site();
    const name = 'Warehouse::Stock::Reservations::ReleaseAllThatHaveExpiredJob';
    await new Wire(at).push(1, { jobtype: name });
    for (const locale of ['en', 'ar']) {
      const page = await tab({ locale });
      await page.goto(`${at.url}/jobs`);
      const link = page.getByRole('link', { name, exact: true });
      await link.hover();
      await page.getByRole('tooltip').getByText(name).waitFor();
      expect(await link.evaluate((element) => getComputedStyle(element).direction)).toBe('ltr');
    }
  });

  test('each form field shows its whole hint on a phone, in every language', {
    timeout: 120_000,
  }, async () => {
    const at = await site();
    const cut: string[] = [];
    for (const locale of languages) {
      const page = await tab({ locale, viewport: { width: 360, height: 800 } });
      await page.goto(`${at.url}/workers`);
      await page.locator(`html[lang=${locale}]`).waitFor();
      await page.locator('input[placeholder]').nth(1).waitFor();
      cut.push(...(await page.evaluate(hintsThatAreCut)).map((hint) => `${locale}: ${hint}`));
      await page.context().close();
    }
    expect(languages).toContain('en');
    expect(cut).toEqual([]);
  });

  test('rows do not overlap on a phone, even after the first row left the list', async () => {
    const at = await site();
    const worker = new Wire(at, 'w1');
    await worker.push(1, { args: [1] });
    await worker.push(1, { jobtype: 'Second', args: ['a text that needs a line of its own', 2, 3, 4] });
    await worker.push(1, { jobtype: 'Third', args: [1] });
    const page = await tab({ viewport: { width: 390, height: 844 } });
    await page.goto(`${at.url}/queues/default`);
    const rows = page
      .getByRole('grid')
      .last()
      .getByRole('row')
      .filter({ has: page.getByRole('checkbox') });
    await rows.filter({ hasText: 'Third' }).waitFor();
    await worker.fetch();
    await rows.filter({ hasText: 'SendEmail' }).waitFor({ state: 'detached' });
    const second = await rows.filter({ hasText: 'Second' }).boundingBox();
    const third = await rows.filter({ hasText: 'Third' }).boundingBox();
    expect(third?.y).toBeCloseTo((second?.y ?? 0) + (second?.height ?? 0), 0);
  });

  test('rows do not overlap on a wide screen, even when a value needs several lines', async () => {
    const config = freshFolder();
    mkdirSync(join(config, 'conf.d'));
    const names = Array.from({ length: 12 }, (_, n) => `"name-of-host-${n}.example.com"`);
    writeFileSync(join(config, 'conf.d', 'web.toml'), `[web]\nhosts = [${names}]\n`);
    const at = await site({ flags: ['-c', config] });
    const page = await tab({ viewport: { width: 1280, height: 3000 } });
    await page.goto(`${at.url}/about`);
    const rows = page.getByRole('grid').last().getByRole('row');
    await rows.filter({ hasText: 'host-11' }).waitFor();
    const boxes = await Promise.all((await rows.all()).map((row) => row.boundingBox()));
    const tops = boxes.flatMap((box) => (box ? [[box.y, box.y + box.height] as const] : []));
    tops.sort(([a], [b]) => a - b);
    const overlaps = tops.filter(([top], index) => index > 0 && top < (tops[index - 1]?.[1] ?? 0) - 1);
    expect(tops.some(([top, bottom]) => bottom - top > 60)).toBe(true);
    expect(overlaps).toEqual([]);
  });

  test('a wrong address, a removed queue and a removed job each show a link to go on', async () => {
    const at = await site();
    const page = await tab();
    await page.goto(`${at.url}/nowhere/at/all`);
    await page.getByText('This page does not exist').waitFor();
    await page.goto(`${at.url}/queues/nobody`);
    await page
      .getByRole('link', { name: /queues/i })
      .first()
      .waitFor();
  });

  test('an empty server shows how to push the first job, and the live overview as soon as it has one', async () => {
    const at = await site();
    const page = await tab();
    await page.goto(at.url);
    for (const language of ['Ruby', 'Go', 'Python'])
      await page.getByRole('tab', { name: language }).waitFor();
    await page.getByText(`export FAKTORY_URL='tcp://127.0.0.1:${at.port}'`).waitFor();
    await new Wire(at).push();
    await page.getByRole('tab', { name: 'Ruby' }).waitFor({ state: 'detached' });
  });

  test('the addresses of Faktory’s own web interface work', async () => {
    const at = await site();
    await populate(at);
    const page = await tab();
    for (const [old, now] of [
      ['/busy', '/workers'],
      ['/retries', '/jobs?places=retries'],
      ['/scheduled', '/jobs?places=scheduled'],
      ['/morgue', '/jobs?places=dead'],
      ['/debug', '/about'],
    ]) {
      await page.goto(at.url + old);
      await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
      expect(page.url()).toBe(at.url + now);
    }
  });
});

const { SCREENSHOTS } = process.env;
if (SCREENSHOTS !== undefined) test('pictures', { timeout: 600_000 }, () => takePictures(SCREENSHOTS));
