/** Runs the checks and the tests, and ends with one line that counts them: `N passed, N failed`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allChecks, exampleChecks, quickChecks, runChecks } from './checks.mjs';
import { prepare } from './prepare.mjs';
import { run } from './run.mjs';
import { root } from './stamps.mjs';

/** Runs everything; with arguments only the tests that they select. */
export async function test(args) {
  await prepare();
  const checks = args.length === 0 ? await runChecks(allChecks()) : { passed: 0, failed: 0 };
  return conclude(checks, await vitest(args));
}

/** Types, lint and the import table: fast enough to run before every commit. */
export async function check() {
  await prepare();
  return conclude(await runChecks(quickChecks), await vitest(['rooms.test.ts']));
}

/** Only the tests and the examples' tests, for another Node version. */
export async function vitestAlone(args) {
  await prepare();
  const checks = args.length === 0 ? await runChecks(exampleChecks()) : { passed: 0, failed: 0 };
  return conclude(checks, await vitest(args));
}

async function vitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'faktory-ts-report-'));
  const report = join(folder, 'report.json');
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts', 'report.mjs')}`];
  try {
    const env = { ...environment(), TEST_REPORT: report };
    const code = await run(process.execPath, [program, 'run', ...reporters, ...args], { env });
    return count(code, report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The tests must not see a server from the user's own settings. */
function environment() {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('FAKTORY_'));
  return { ...Object.fromEntries(own), NODE_ENV: 'test', TURBO_TELEMETRY_DISABLED: '1' };
}

function count(code, file) {
  let tally = { passed: 0, failed: 0, skipped: 0, failures: [] };
  try {
    tally = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    console.error(`The test run left no readable report: ${error.message}`);
  }
  if (tally.failed === 0 && (code !== 0 || tally.passed === 0)) {
    tally.failed = 1;
    tally.failures.push(`the test run: it ended with ${code} after ${tally.passed} tests that passed`);
  }
  return tally;
}

/** Repeats the failures, whose own reports are far above, and the counts. */
function conclude(...tallies) {
  const sum = (key) => tallies.reduce((total, tally) => total + (tally[key] ?? 0), 0);
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
  const failures = tallies.flatMap((tally) => tally.failures ?? []);
  console.log(
    `\n${failures.map((failure) => `FAILED ${failure}\n`).join('')}${sum('passed')} passed, ${sum('failed')} failed${skipped}`,
  );
  return sum('failed') > 0 ? 1 : 0;
}
