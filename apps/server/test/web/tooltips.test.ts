/** Tooltips in a real browser: they stay until dismissed and can be hovered (WCAG 1.4.13). */
import type { Locator, Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { noBrowser, patience, site, tab } from './browser.ts';
import { endWires, Wire } from './wire.ts';

afterEach(endWires);

interface Place {
  x: number;
  y: number;
}
const middle = async (what: Locator): Promise<Place> => {
  const box = await what.boundingBox();
  if (!box) throw new Error('it is not on the page');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
};
/** Moves the pointer step by step, as a hand does, and waits until the page has reacted. */
async function moveTo(page: Page, { x, y }: Place): Promise<void> {
  await page.mouse.move(x, y, { steps: 30 });
  await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve))));
}

/** The page, a button, and its tooltip, which is open. */
async function hovered(path = '/') {
  const at = await site();
  await new Wire(at).push();
  const page = await tab();
  await page.goto(at.url + path);
  const button = page.getByRole('button', { name: 'Commands' });
  await button.hover();
  const tip = page.getByRole('tooltip');
  await tip.getByText('Commands').waitFor();
  return { page, button, tip };
}

describe.skipIf(noBrowser)('a tooltip', patience, () => {
  test('a tooltip stays while the pointer moves onto it, and closes when the pointer leaves it and its element', async () => {
    const { page, button, tip } = await hovered();
    await moveTo(page, await middle(tip));
    expect(await tip.isVisible()).toBe(true);
    await moveTo(page, await middle(button));
    expect(await tip.isVisible()).toBe(true);
    await moveTo(page, { x: 640, y: 700 });
    await tip.waitFor({ state: 'hidden' });
  });

  test('Escape closes a tooltip without moving pointer or focus; other keys do not', async () => {
    const { page, tip } = await hovered();
    await page.keyboard.press('Shift');
    await page.keyboard.press('Control');
    expect(await tip.isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await tip.waitFor({ state: 'hidden' });
  });

  test('Escape closes a tooltip under the pointer first, then the dialog around it', async () => {
    const at = await site();
    const page = await tab();
    await page.goto(`${at.url}/jobs`);
    await page.getByRole('button', { name: 'More filters' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Close' }).first().hover();
    const tip = page.getByRole('tooltip');
    await tip.getByText('Close').waitFor();
    await moveTo(page, await middle(tip));
    expect(await tip.isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await tip.waitFor({ state: 'hidden' });
    expect(await dialog.isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  test('the tooltip of a neighbour opens at once', async () => {
    const { page, tip } = await hovered();
    await moveTo(page, await middle(page.getByRole('button', { name: 'Language' })));
    await tip.getByText('Language').waitFor();
  });
});
