/**
 * A real Chromium on a real server: the built program in its own process. After each test it checks
 * that no page crashed, logged an error or violated the server's policy, and that nothing still runs.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Client } from '@faktory-ts/client';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { afterAll, afterEach, expect } from 'vitest';
import { endAll, faktory, freshFolder, holdPort, type Program, said } from '../program.ts';

const candidates = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = candidates.find((path) => path && existsSync(path));
/** Without Chromium the tests are skipped, except where the whole suite must run. */
export const noBrowser = executablePath === undefined && !process.env.CI;
if (noBrowser)
  console.warn('SKIPPED: tests of the web UI need chromium, at /usr/bin/chromium or where CHROMIUM says');

/** The timeout of browser tests. */
export const patience = { timeout: 60_000 };

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
let browser: Promise<Browser> | undefined;
const contexts: BrowserContext[] = [];
const clients: Client[] = [];
const faults: string[] = [];
/** Errors that a test causes on purpose. */
let expected: RegExp[] = [];

/** A server with its pages. */
export interface Site {
  readonly program: Program;
  readonly port: number;
  readonly webPort: number;
  /** The address of the pages, without a slash at the end. */
  readonly url: string;
  readonly dir: string;
  readonly client: Client;
}

/** Starts the program; `at` reuses the ports and folder of an earlier server. */
export async function site(
  {
    password,
    flags = [],
    env = {},
  }: { password?: string; flags?: readonly string[]; env?: Record<string, string> } = {},
  at?: Pick<Site, 'dir' | 'webPort' | 'port'>,
): Promise<Site> {
  const dir = at?.dir ?? freshFolder();
  const webPort = at?.webPort ?? (await freePort());
  const given = [
    '-b',
    `127.0.0.1:${at?.port ?? 0}`,
    '-w',
    `127.0.0.1:${webPort}`,
    '-d',
    dir,
    '--sync',
    'off',
  ];
  const secret = password === undefined ? {} : { FAKTORY_PASSWORD: password };
  const program = faktory([...given, ...flags], { ...secret, ...env });
  const port = await program.port();
  const client = new Client({
    url: `tcp://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
  });
  clients.push(client);
  return { program, port, webPort, url: `http://127.0.0.1:${webPort}`, dir, client };
}

async function freePort(): Promise<number> {
  const { port, server } = await holdPort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Opens a tab with a profile of its own. */
export async function tab(options: BrowserContextOptions = {}): Promise<Page> {
  return (await profile(options)).newPage();
}

/** Opens a profile, for several tabs that share cookies. */
export async function profile(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  browser ??= chromium.launch({ ...(executablePath && { executablePath }), args });
  const context = await (await browser).newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(15_000);
  contexts.push(context);
  context.on('weberror', (error) => faults.push(error.error().stack ?? error.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${message.text()} (${message.location().url})`);
  });
  return context;
}

/** Declares errors of pages that the test expects. */
export function expectFaults(...patterns: RegExp[]): void {
  expected = patterns;
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The problems that axe finds on the page, in short. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
      };
    };
    const { violations } = await checker.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  });
}

/** Logs the pages and servers of a failed test, to show why an awaited text did not appear. */
async function tellWhatIsThere(): Promise<void> {
  for (const page of contexts.flatMap((context) => context.pages())) {
    const text = await page.locator('body').ariaSnapshot({ timeout: 2000 }).catch(String);
    console.error(`a page at ${page.url()}:\n${text.slice(0, 1500)}`);
  }
  console.error(`faults of pages: ${JSON.stringify(faults)}\n${said()}`);
}

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await tellWhatIsThere();
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await endAll();
  const unexpected = faults.splice(0).filter((fault) => !expected.some((pattern) => pattern.test(fault)));
  expected = [];
  expect(unexpected).toEqual([]);
});
afterAll(async () => {
  await (await browser)?.close();
});
