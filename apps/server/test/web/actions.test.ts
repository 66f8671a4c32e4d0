/**
 * Actions of users in the web UI, checked through the command port.
 */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { expectFaults, noBrowser, patience, type Site, site, tab } from './browser.ts';
import { endWires, eventually, Wire } from './wire.ts';

afterEach(endWires);

/** Opens a page of a new server, with a connection to its command port. */
async function opened(
  path: string,
  prepare: (wire: Wire) => Promise<unknown>,
  flags: readonly string[] = [],
): Promise<{ at: Site; wire: Wire; page: Page }> {
  const at = await site({ flags });
  const wire = new Wire(at);
  await prepare(wire);
  const page = await tab();
  await page.goto(at.url + path);
  return { at, wire, page };
}

const places = async (wire: Wire): Promise<string[]> => (await wire.jobs()).map(({ place }) => place);
const queues = async (wire: Wire): Promise<{ name: string; size: number; paused: boolean }[]> =>
  JSON.parse(await wire.ask('QUEUES'));

/** Selects a row of a list of jobs. */
const choose = (page: Page, index: number): Promise<void> =>
  page
    .getByRole('row')
    .nth(index + 1)
    .getByRole('checkbox')
    .check();
const answer = (page: Page, name: string): Promise<void> =>
  page.getByRole('dialog').getByRole('button', { name, exact: true }).click();

describe.skipIf(noBrowser)('jobs', patience, () => {
  test('selected jobs are discarded after a question, and undo restores them', async () => {
    const { wire, page } = await opened('/jobs', (wire) => wire.push(3, { queue: 'mail' }));
    const before = await wire.jobs();
    await choose(page, 0);
    await choose(page, 1);
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('dialog').getByText('This affects 2 jobs').waitFor();
    await answer(page, 'Discard');
    await eventually(async () => (await wire.jobs()).length === 1);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone', { exact: false }).waitFor();
    expect(await wire.jobs()).toEqual(before);
  });

  test('the question of a kill says how many dead jobs it deletes, and the list of dead jobs says so afterwards', async () => {
    const { wire, page } = await opened('/jobs', (wire) => wire.push(3), ['--dead-limit', '2']);
    await choose(page, 0);
    await page.getByRole('button', { name: 'Kill' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This affects 1 job.').waitFor();
    expect(await dialog.textContent()).not.toContain('Dead keeps at most');
    await answer(page, 'Cancel');
    await page.getByRole('button', { name: 'Select all that match' }).click();
    await page.getByRole('button', { name: 'Kill' }).click();
    await dialog
      .getByText('Dead keeps at most 2 jobs. To make room, its oldest jobs are deleted, at most 1.')
      .waitFor();
    await answer(page, 'Kill');
    await eventually(async () => (await places(wire)).join() === 'dead,dead');
    await page.goto(`${page.url().split('?')[0]}?places=dead`);
    await page.getByText('Older ones deleted since the server started: 1.').waitFor();
  });

  test('a question closed with Escape or the back button changes nothing', async () => {
    const { wire, page } = await opened('/jobs', (wire) => wire.push(2));
    await choose(page, 0);
    await page.getByRole('button', { name: 'Kill' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: /^Ready/ }).click();
    await choose(page, 0);
    await page.getByRole('button', { name: 'Kill' }).click();
    await page.getByRole('dialog').waitFor();
    await page.goBack();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await places(wire)).toEqual(['ready', 'ready']);
  });

  test('“Select all that match” counts and kills all matching jobs, including those not loaded', async () => {
    const { wire, page } = await opened('/jobs?queues=mail', async (wire) => {
      await wire.push(450, { queue: 'mail' });
      await wire.push(5, { queue: 'other' });
    });
    await choose(page, 0);
    await page.getByRole('button', { name: 'Select all that match' }).click();
    await page.getByRole('button', { name: 'Kill' }).click();
    await page.getByRole('dialog').getByText('This affects 450 jobs').waitFor();
    await answer(page, 'Kill');
    await eventually(async () => (await wire.jobs({ places: ['dead'], limit: 1000 })).length === 450);
    expect(await places(wire)).toContain('ready');
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(async () => (await wire.jobs({ places: ['ready'], limit: 1000 })).length === 455);
  });

  test('a job is moved, given another priority, rescheduled and run from its page', async () => {
    const { wire, page, at } = await opened('/jobs', (wire) => wire.push(1, { queue: 'mail' }));
    const [job] = await wire.jobs();
    await page.goto(`${at.url}/jobs/${job?.job.jid}`);
    await page.getByRole('button', { name: 'Move to a queue' }).click();
    await page.getByLabel('To queue').fill('urgent');
    await answer(page, 'Move to a queue');
    await eventually(async () => (await wire.jobs())[0]?.job.queue === 'urgent');
    await page.getByRole('button', { name: 'Change priority' }).click();
    await page.getByLabel('New priority').fill('8');
    await answer(page, 'Change priority');
    await eventually(async () => (await wire.jobs())[0]?.job.priority === 8);
    // Times are typed in the time zone of the page.
    await page.evaluate(() => localStorage.setItem('faktory-ui', '{"zone":"Asia/Tokyo"}'));
    await page.reload();
    await page.getByRole('button', { name: 'Reschedule' }).click();
    await page.getByLabel('When (Asia/Tokyo)').fill('2100-01-01T00:00:00');
    await answer(page, 'Reschedule');
    await eventually(async () => (await wire.jobs())[0]?.at === '2099-12-31T15:00:00Z');
    await page.getByText('It is scheduled', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Run now' }).click();
    await eventually(async () => (await places(wire))[0] === 'ready');
    await page.getByText('no worker fetches from the queue urgent', { exact: false }).waitFor();
  });

  test('a retry with edited arguments pushes a new job with the other members unchanged, and discards the old job', async () => {
    const more = { args: [1], custom: { trace: 'abc' }, priority: 7, retry: 3 };
    const { wire, page, at } = await opened('/jobs', (wire) => wire.push(1, more));
    const worker = new Wire(at, 'worker-0000001');
    const [jid] = await worker.fail(1);
    expectFaults(new RegExp(`404.*${jid}`)); // the page of the job may still fetch it after it ended
    await page.goto(`${at.url}/jobs/${jid}`);
    await page.getByRole('button', { name: 'Retry with edited arguments' }).click();
    const editor = page.getByRole('dialog').getByLabel('Arguments');
    await editor.fill('[2,');
    await answer(page, 'Push');
    await page.getByRole('alert').getByText('Line 1', { exact: false }).waitFor();
    await editor.fill('[98765432109876543210, {"a": 1.0}]');
    await answer(page, 'Push');
    await eventually(async () => (await places(wire)).join() === 'ready');
    const text = await wire.ask('FETCH default');
    expect(text).toContain('"args":[98765432109876543210,{"a":1.0}]');
    expect(JSON.parse(text)).toMatchObject({ priority: 7, retry: 3, custom: { trace: 'abc' } });
    expect(JSON.parse(text).jid).not.toBe(jid);
  });

  test('a filter survives a reload and the back button, because it is in the address', async () => {
    const { page } = await opened('/jobs', async (wire) => {
      await wire.push(2, { queue: 'mail', args: ['needle'] });
      await wire.push(2, { queue: 'other', args: ['hay'] });
    });
    await page.getByRole('searchbox', { name: 'Text in the arguments' }).fill('needle');
    await page.getByText('2 jobs shown').waitFor();
    expect(page.url()).toContain('text=needle');
    await page.getByRole('button', { name: /^Ready/ }).click();
    await page.waitForURL(/places=ready/);
    await page.reload();
    await page.getByText('2 jobs shown').waitFor();
    await page.goBack();
    expect(await page.getByRole('searchbox', { name: 'Text in the arguments' }).inputValue()).toBe('needle');
    // A click before the search starts applies the typed text first, then the click.
    await page.getByRole('searchbox', { name: 'Text in the arguments' }).fill('hay');
    await page.getByRole('button', { name: /^Ready/ }).click();
    await page.waitForURL(/places=ready&text=hay/);
    await page.getByRole('searchbox', { name: 'Text in the arguments' }).fill('needle');
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByText('4 jobs shown').waitFor();
    expect(page.url()).not.toContain('needle');
  });
});

describe.skipIf(noBrowser)('a long list', patience, () => {
  test('a long list keeps its scroll position after the back button from a job', async () => {
    const { page } = await opened('/jobs', (wire) => wire.push(90));
    await page.getByText('90 jobs shown').waitFor();
    // Repeated, because the list reaches its full height only while it is scrolled.
    await page.waitForFunction(() => {
      window.scrollTo(0, document.body.scrollHeight);
      return document.querySelector('[aria-rowindex="91"]') !== null;
    });
    await page.locator('[aria-rowindex="91"]').click();
    await page.waitForURL('**/jobs/*');
    await page.waitForFunction(() => window.scrollY === 0);
    await page.goBack();
    await page.waitForFunction(() => window.scrollY > 1000);
  });
});

describe.skipIf(noBrowser)('queues, workers and the server', patience, () => {
  test('a queue is paused, resumed, cleared with an undo, and removed', async () => {
    const { wire, page } = await opened('/queues/mail', (wire) => wire.push(4, { queue: 'mail' }));
    await page.getByRole('button', { name: 'Pause' }).click();
    await eventually(async () => (await queues(wire))[0]?.paused === true);
    await page.getByRole('button', { name: 'Resume' }).click();
    await eventually(async () => (await queues(wire))[0]?.paused === false);
    const more = page.getByRole('button', { name: /More|actions/i }).last();
    await more.click();
    await page.getByRole('menuitem', { name: /Clear/ }).click();
    await page.getByRole('dialog').getByRole('button').last().click();
    await eventually(async () => (await queues(wire))[0]?.size === 0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(async () => (await queues(wire))[0]?.size === 4);
    await more.click();
    await page.getByRole('menuitem', { name: /Remove/ }).click();
    await page.getByRole('dialog').getByRole('button').last().click();
    await eventually(async () => (await queues(wire)).length === 0);
  });

  test('one worker and all workers get the signals quiet and stop', async () => {
    const at = await site();
    const [one, two] = [new Wire(at, 'worker-0000001'), new Wire(at, 'worker-0000002')];
    const beat = async (wire: Wire, wid: string): Promise<string> =>
      wire.ask(`BEAT ${JSON.stringify({ wid, rss_kb: 1000 })}`);
    await beat(one, 'worker-0000001');
    await beat(two, 'worker-0000002');
    const page = await tab();
    await page.goto(`${at.url}/workers`);
    await page
      .getByRole('row', { name: /worker-0000001|test-host/ })
      .first()
      .getByRole('button')
      .click();
    await page.getByRole('menuitem', { name: 'Quiet' }).click();
    await answerAny(page);
    await eventually(async () => {
      const states = [await beat(one, 'worker-0000001'), await beat(two, 'worker-0000002')];
      return states.filter((state) => state.includes('quiet')).length === 1;
    });
    await page.getByRole('button', { name: /Stop all/ }).click();
    await answerAny(page);
    await eventually(async () => (await beat(two, 'worker-0000002')).includes('terminate'));
    expect(await beat(one, 'worker-0000001')).toContain('terminate');
  });

  test('the push form shows the line of a mistake, keeps its content while the user visits another page, and pushes the job', async () => {
    const { wire, page } = await opened('/push', (wire) =>
      wire.push(1, { jobtype: 'Known', args: ['example'] }),
    );
    await page.getByLabel('Jobtype').fill('FromTheForm');
    const args = page.getByLabel('Arguments');
    await args.fill('[1,\n  oops]');
    await page.getByRole('button', { name: /^Push/ }).last().click();
    await page.getByText('Line 2', { exact: false }).first().waitFor();
    await args.fill('[1, {"big": 12345678901234567890}]');
    await page.getByRole('link', { name: 'Queues' }).first().click();
    await page.getByRole('row', { name: /default/ }).waitFor();
    await page.goBack();
    await page.getByRole('button', { name: /^Push/ }).last().click();
    await eventually(async () => (await wire.jobs({ jobtypes: ['FromTheForm'] })).length === 1);
    const taken = await wire.ask('FETCH default');
    expect((await wire.ask('FETCH default')) + taken).toContain('12345678901234567890');
  });

  test('a backup is created and downloaded', async () => {
    const { page } = await opened('/about', (wire) => wire.push(1));
    await page.getByRole('button', { name: 'Back up now' }).first().click();
    const link = page.getByRole('link', { name: /download/i }).first();
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    const path = await download.path();
    expect(readFileSync(path).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  });

  test('all failed jobs of one kind of error are run again', async () => {
    expectFaults();
    const at = await site();
    const wire = new Wire(at);
    const worker = new Wire(at, 'worker-0000001');
    await wire.push(3);
    for (const number of [1, 2, 3])
      await worker.fail(1, { errtype: 'IOError', message: `no file ${number}` });
    const page = await tab();
    await page.goto(`${at.url}/errors`);
    await page.getByRole('heading', { name: /IOError/ }).waitFor();
    expect(await page.getByRole('listitem').filter({ hasText: 'IOError' }).count()).toBe(1);
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('dialog').getByText('This affects 3 jobs').waitFor();
    await answer(page, 'Run now');
    await eventually(async () => (await places(wire)).join() === 'ready,ready,ready');
  });
});

/** Answers a question with yes, if there is one. */
async function answerAny(page: Page): Promise<void> {
  const button = page.getByRole('dialog').getByRole('button').last();
  await button.waitFor({ timeout: 1000 }).then(
    () => button.click(),
    () => undefined,
  );
}
