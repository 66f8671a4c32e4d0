// Runs the checks and the tests, and ends with one line that counts them: `N passed, N failed`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allChecks, exampleChecks, quickChecks, runChecks } from './checks.mjs';
import { prepare } from './prepare.mjs';
import { run } from './run.mjs';
import { root } from './stamps.mjs';

/** Everything; with arguments only the tests that they pick. */
export async function test(args) {
  await prepare();
  const checks = args.length === 0 ? await runChecks(allChecks()) : { passed: 0, failed: 0 };
  return conclude(checks, await vitest(args));
}

/** Types, lint and the import table: quick enough for before every commit. */
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
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const code = await run(process.execPath, [program, 'run', ...reporters, ...args], { env: environment() });
    return count(code, report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The tests must not see a server that the user's own settings point to. */
function environment() {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('FAKTORY_'));
  return { ...Object.fromEntries(own), NODE_ENV: 'test', TURBO_TELEMETRY_DISABLED: '1' };
}

function count(code, file) {
  const tally = { passed: 0, failed: 0, skipped: 0 };
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    tally.passed = report.numPassedTests;
    // A file that could not even be loaded has no tests to count: it is one failure.
    const unloaded = report.testResults.filter(
      (r) => r.status === 'failed' && r.assertionResults.length === 0,
    );
    tally.failed = report.numFailedTests + unloaded.length;
    tally.skipped = report.numPendingTests + report.numTodoTests;
  } catch (error) {
    console.error(`The test run left no readable report: ${error.message}`);
  }
  // An error outside any test, or a run that was stopped.
  if (tally.failed === 0 && (code !== 0 || tally.passed === 0)) tally.failed = 1;
  return tally;
}

function conclude(...tallies) {
  const sum = (key) => tallies.reduce((total, tally) => total + (tally[key] ?? 0), 0);
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
  return sum('failed') > 0 ? 1 : 0;
}
