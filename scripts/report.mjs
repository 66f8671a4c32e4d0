/**
 * A Vitest reporter that writes counts, and a line for each failure, to the file that TEST_REPORT
 * names. Failures are not only tests: also a file that does not load, code after the last test of a
 * file, and an uncaught error.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './stamps.mjs';

const first = (error) => String(error?.message ?? error).split('\n', 1)[0];

export default class Report {
  onTestRunEnd(modules, unhandled, reason) {
    const tally = { passed: 0, failed: 0, skipped: 0, failures: [] };
    const fail = (where, errors) => {
      tally.failed += 1;
      tally.failures.push([where, ...errors.map(first)].join(': '));
    };
    for (const module of modules) {
      const file = relative(root, module.moduleId);
      for (const test of module.children.allTests()) {
        const { state, errors = [] } = test.result();
        if (state === 'failed') fail(`${file} > ${test.fullName}`, errors);
        else tally[state === 'passed' ? 'passed' : 'skipped'] += 1;
      }
      for (const part of [module, ...module.children.allSuites()]) {
        const where = part === module ? file : `${file} > ${part.fullName}`;
        if (part.errors().length > 0) fail(`${where}, outside its tests`, part.errors());
      }
    }
    for (const error of unhandled) fail('an error that nobody caught', [error, ...at(error)]);
    if (reason === 'interrupted') fail('the test run', ['was stopped']);
    writeFileSync(process.env.TEST_REPORT, JSON.stringify(tally));
  }
}

/** The position and the test of an uncaught error, as far as they are known. */
function at({ stack, VITEST_TEST_NAME: test, VITEST_TEST_PATH: file }) {
  const place = /\n\s+at (.*)/.exec(stack ?? '')?.[1];
  return [place && `at ${place}`, file && `while ${relative(root, file)}${test ? ` > ${test}` : ''}`].filter(
    Boolean,
  );
}
