/**
 * Tests the published builds together: classes that an ES module and a CommonJS module of one
 * program get. In a child process, because this process reads the sources of the packages.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * Runs an ES module in this package's folder, with `load` for require, and returns what it passes
 * to `tell`.
 */
function program(code: string): unknown {
  const frame = `import { createRequire } from 'node:module';
    const load = createRequire(process.cwd() + '/x.js');
    const tell = (what) => process.stdout.write(JSON.stringify(what));
    ${code}`;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const { NODE_OPTIONS: _, ...env } = process.env;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', frame], { cwd, env }).toString(),
  );
}

test('an error of one build is an instance of the class of the other, for every class of errors that a package exports', () => {
  const found = program(`
    const doors = ['protocol', 'client', 'client/outbox', 'worker', 'worker/testing', 'server'];
    const found = {};
    for (const door of doors) {
      const esm = await import('@faktory-ts/' + door);
      const cjs = load('@faktory-ts/' + door);
      for (const [name, Class] of Object.entries(esm)) {
        if (!(Class?.prototype instanceof Error)) continue;
        const Other = cjs[name];
        found[door + ' ' + name] = new Class('ERR', []) instanceof Other && new Other('ERR', []) instanceof Class && Class.name === name;
      }
    }
    tell(found);
  `);
  expect(found).toEqual({
    'protocol FaktoryError': true,
    'client BulkError': true,
    'client FaktoryError': true,
    'worker FaktoryError': true,
    'worker JobCrashed': true,
    'worker JobTimeout': true,
  });
});

test('a worker from an ES module applies an errors rule that names JobTimeout of CommonJS', () => {
  const sets = program(`
    const { startTestServer } = await import('@faktory-ts/worker/testing');
    const faktory = await startTestServer();
    const stuck = { run: () => new Promise(() => {}), hardTimeout: 1 };
    const errors = [[load('@faktory-ts/worker').JobTimeout, 'kill']];
    const worker = await faktory.worker({ handlers: { Stuck: stuck }, errors });
    await faktory.client().push({ jobtype: 'Stuck', args: [], retry: 5 });
    await faktory.drain(worker);
    tell((await faktory.info()).faktory.sets);
    await worker.stop();
    await faktory.stop();
  `);
  expect(sets).toMatchObject({ dead: 1, retries: 0 });
});
