import { FaktoryError } from '@faktory-ts/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../server/test/leaks.ts';
import { given, runnerOf, type TestGiven } from '../../test/given.ts';
import { JobTimeout } from '../job-errors.ts';
import type { Outcome } from '../outcome.ts';
import type { Runner, RunnerOptions } from '../run.ts';
import type { IsolationOptions } from './options.ts';

const runners: Runner[] = [];
const done = { to: 'done' };

afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.close()));
});

function module(name: string): URL {
  return new URL(`../../test/isolated/${name}`, import.meta.url);
}

/** Runs chores one after another in one runner, and returns their outcomes. */
function runnerIn(
  isolation: IsolationOptions['in'] | IsolationOptions,
  settings: object = {},
  rules: Partial<RunnerOptions> = {},
): Runner {
  const runner = runnerOf({ Run: { file: module('chores.js'), isolation, ...settings } }, rules);
  runners.push(runner);
  return runner;
}

function chore(runner: Runner, ...args: unknown[]): Promise<Outcome> {
  return runner.run(given({ args }));
}

async function message(outcome: Promise<Outcome>): Promise<string> {
  const ended = await outcome;
  return ended.to === 'failed' ? ended.failure.message : ended.to;
}

/** Resolves when the handler of this job has logged. */
function logging(): { how: TestGiven; logged: Promise<void> } {
  const how = given({ args: ['wait'] });
  const logged = new Promise<void>((resolve) => {
    how.log.info = () => resolve();
  });
  return { how, logged };
}

// Starting threads and processes is slow on a busy machine.
describe.each(['thread', 'process'] as const)('a handler in a %s', { timeout: 30_000 }, (place) => {
  test('runs, and its place is reused for the next job', async () => {
    const runner = runnerIn(place);
    expect(await chore(runner, 'return')).toEqual(done);
    expect(await message(chore(runner, 'count'))).toMatch(/^job 2 of/);
  });

  test('jobs that run at once each have their own place', async () => {
    const runner = runnerIn(place);
    const both = await Promise.all([message(chore(runner, 'count')), message(chore(runner, 'count'))]);
    expect(both.map((text) => text.slice(0, 5))).toEqual(['job 1', 'job 1']);
  });

  test('has the facts of its context, and its arguments', async () => {
    const runner = runnerIn(place);
    const failure = { retry_count: 0, remaining: 1, failed_at: '2026-01-01T00:00:00Z' };
    const told = await message(runner.run(given({ retry: 1, failure, args: ['facts', { a: 1 }] })));
    expect(JSON.parse(told)).toEqual(['jid-00001', 2, true, 'Run', [{ a: 1 }]]);
  });

  test('ends its job by the context, also when it swallows what that throws', async () => {
    const runner = runnerIn(place);
    expect(await chore(runner, 'release')).toEqual({ to: 'released' });
    expect(await chore(runner, 'discard')).toMatchObject({
      fate: 'discarded',
      failure: { message: 'old news' },
    });
    expect(await chore(runner, 'kill')).toMatchObject({ fate: 'dead', failure: { message: 'no such user' } });
    expect(await chore(runner, 'retryIn')).toMatchObject({ retryIn: 2, failure: { message: 'busy' } });
    expect(await chore(runner, 'swallow')).toMatchObject({ fate: 'dead' });
  });

  test('logs with jid and jobtype, and with the text of fields that cannot be copied', async () => {
    const how = given({ args: ['log'] });
    await runnerIn(place).run(how);
    expect(how.lines).toEqual([
      'info here {"jid":"jid-00001","jobtype":"Run","n":1}',
      expect.stringMatching(/^warn a function .*"call":"\[Function: call\]"/),
    ]);
  });

  test('extends the reservation through the worker', async () => {
    const runner = runnerIn(place);
    const lost = given({ args: ['extend'] }, { extend: () => Promise.resolve(false) });
    const refused = given(
      { args: ['extend'] },
      { extend: () => Promise.reject(new FaktoryError('CLOSED', 'no connection')) },
    );
    expect(await message(chore(runner, 'extend'))).toBe('extended: true');
    expect(await message(runner.run(lost))).toBe('extended: false');
    expect(await runner.run(refused)).toMatchObject({
      failure: { errtype: 'FaktoryError', message: 'no connection' },
    });
  });

  test('fails with the type, message and backtrace of what it throws', async () => {
    const outcome = await runnerIn(place).run(given({ args: ['own'], backtrace: 2 }));
    expect(outcome).toMatchObject({ failure: { errtype: 'Limited', message: 'slow down' } });
    expect(outcome).toHaveProperty('failure.backtrace.0', expect.stringContaining('chores.js'));
    expect(outcome).toHaveProperty('failure.backtrace.length', 2);
  });

  test('errors rules find its errors by the names of their classes, and their fields', async () => {
    class Limited extends Error {
      wait = 0;
    }
    const byName = runnerIn(place, { errors: [[Limited, (error: Limited) => ({ retryIn: error.wait })]] });
    expect(await chore(byName, 'own')).toMatchObject({ retryIn: 2 });
    const bySuper = runnerIn(place, {}, { errors: [[RangeError, 'kill']] });
    expect(await chore(bySuper, 'own')).toMatchObject({ fate: 'dead' });
    expect(await chore(bySuper, 'count')).not.toHaveProperty('fate');
  });

  test('may throw a value that is no error or cannot be copied', async () => {
    const runner = runnerIn(place);
    expect(await chore(runner, 'string')).toMatchObject({
      failure: { errtype: 'NotAnError', message: 'just a text' },
    });
    expect(await chore(runner, 'cyclic')).toMatchObject({ failure: { errtype: 'Error', message: 'round' } });
  });

  test('that exits fails its job only', async () => {
    const runner = runnerIn(place);
    const beside = chore(runner, 'wait');
    expect(await chore(runner, 'exit', 3)).toMatchObject({
      failure: { errtype: 'JobCrashed', message: `the ${place} ended with code 3 while the job ran` },
    });
    expect(await chore(runner, 'return')).toEqual(done);
    await runner.close();
    expect(await beside).toMatchObject({ failure: { errtype: 'JobCrashed' } });
  });

  test('that runs out of memory fails its job only', async () => {
    const runner = runnerIn({ in: place, memoryLimit: 32 });
    const told = place === 'thread' ? /ran out of memory/ : /ended by SIGABRT, as Node .* out of memory/;
    expect(await chore(runner, 'eat')).toMatchObject({ failure: { errtype: 'JobCrashed', message: told } });
    expect(await chore(runner, 'return')).toEqual(done);
  });

  test('with an uncaught error fails its job only, with that error', async () => {
    const runner = runnerIn(place);
    const failure = { errtype: 'JobCrashed', message: /uncaught error ended the .*out of reach/ };
    expect(await chore(runner, 'uncaught')).toMatchObject({ failure });
    expect(await chore(runner, 'return')).toEqual(done);
  });

  test('that blocks its event loop is ended at the hard limit', async () => {
    const runner = runnerIn(place, { hardTimeout: 1000 });
    expect(await chore(runner, 'block')).toMatchObject({
      failure: { errtype: 'JobTimeout', message: /1000 ms/ },
    });
    expect(await message(chore(runner, 'count'))).toMatch(/^job 1 of/);
  });

  test('is asked to end at the soft limit', async () => {
    const runner = runnerIn(place, {
      timeout: 50,
      errors: [[JobTimeout, (error: JobTimeout) => (error.cause instanceof Error ? 'kill' : undefined)]],
    });
    expect(await chore(runner, 'wait')).toMatchObject({ fate: 'dead', failure: { errtype: 'JobTimeout' } });
    expect(await chore(runner, 'return')).toEqual(done);
  });

  test('gets the signal of the slot with its reason, and its run settles at once', async () => {
    const runner = runnerIn(place);
    const { how, logged } = logging();
    const outcome = runner.run(how);
    await logged;
    how.cut(new FaktoryError('SHUTDOWN', 'the worker stopped'));
    expect(await outcome).toMatchObject({ failure: { errtype: 'WorkerStopped' } });
    // The handler ended at that signal, so its place is free for the next job.
    await eventually(async () => !(await message(chore(runner, 'count'))).startsWith('job 1 '), 15_000);
  });

  test('arguments that cannot be copied fail their job only', async () => {
    const checkArguments = (_jobtype: string, args: readonly unknown[]): unknown[] =>
      args[0] === 'log' ? [() => 1] : [...args];
    const runner = runnerIn(place, {}, { checkArguments });
    expect(await chore(runner, 'log')).toMatchObject({ failure: { message: /could not be cloned/ } });
    expect(await message(chore(runner, 'count'))).toMatch(/^job 1 of/);
    expect(await chore(runner, 'log')).toMatchObject({ failure: { message: /could not be cloned/ } });
    expect(await message(chore(runner, 'count'))).toMatch(/^job 2 of/);
  });

  test('that dies between two jobs is logged, and the next job runs', async () => {
    const runner = runnerIn(place);
    const how = given({ args: ['exitLater'] });
    expect(await runner.run(how)).toEqual(done);
    await vi.waitFor(() =>
      expect(how.lines).toEqual([expect.stringMatching(/^warn the .* ended with code 4 between/)]),
    );
    expect(await message(chore(runner, 'count'))).toMatch(/^job 1 of/);
  });

  test('a run that is aborted before it began leaves its place usable', async () => {
    const runner = runnerIn(place);
    const how = given({ args: ['exit'] });
    const outcome = runner.run(how);
    how.cut(new FaktoryError('SHUTDOWN', 'the worker stopped'));
    await outcome;
    expect(await chore(runner, 'return')).toEqual(done);
  });

  test('is replaced after `recycleAfter` jobs', async () => {
    const runner = runnerIn({ in: place, recycleAfter: 2 });
    const counts: string[] = [];
    for (let n = 0; n < 5; n++) counts.push((await message(chore(runner, 'count'))).slice(0, 5));
    expect(counts).toEqual(['job 1', 'job 2', 'job 1', 'job 2', 'job 1']);
  });

  test('is replaced when it uses more memory than `recycleAbove` after a job', async () => {
    const runner = runnerIn({ in: place, recycleAbove: 200 });
    await chore(runner, 'return');
    await chore(runner, 'keep', 10);
    expect(await message(chore(runner, 'count'))).toMatch(/^job 3 of/);
    await chore(runner, 'keep', 250);
    expect(await message(chore(runner, 'count'))).toMatch(/^job 1 of/);
  });

  test('in a module that cannot be loaded or has no handler fails each job, with the file', async () => {
    const runner = runnerOf({
      Broken: { file: module('broken.js'), isolation: place },
      Gone: { file: module('gone.js'), isolation: place },
      Other: { file: module('../given.ts'), isolation: place },
    });
    runners.push(runner);
    const failing = (jobtype: string): Promise<Outcome> => runner.run(given({ jobtype }));
    expect(await message(failing('Broken'))).toMatch(/broken\.js: it cannot be loaded: cannot begin/);
    expect(await message(failing('Broken'))).toMatch(/broken\.js: it cannot be loaded: cannot begin/);
    expect(await message(failing('Gone'))).toMatch(/gone\.js: it cannot be loaded/);
    expect(await message(failing('Other'))).toMatch(
      /given\.ts: it exports no handler as default, run or Other/,
    );
  });

  test('in TypeScript is found by jobtype, as settings, by its name, or as run', async () => {
    const handlers = ['Resize', 'Settings', 'Named', 'Other'].map((jobtype) => {
      return [jobtype, { file: module('typed.ts'), isolation: place }];
    });
    const runner = runnerOf(Object.fromEntries(handlers));
    runners.push(runner);
    const told = (jobtype: string): Promise<string> => message(runner.run(given({ jobtype, args: ['cat'] })));
    expect(await told('Resize')).toBe('small cat');
    expect(await told('Settings')).toBe('from settings');
    expect(await told('Named')).toBe('from a name');
    expect(await told('Other')).toBe('from run');
  });

  test('is ended by close(), and a job after that fails', async () => {
    const runner = runnerIn(place);
    const blocked = chore(runner, 'block');
    const { how, logged } = logging();
    void runner.run(how);
    await logged;
    await runner.close();
    expect(await blocked).toMatchObject({ failure: { errtype: 'JobCrashed' } });
    expect(await chore(runner, 'return')).toMatchObject({ failure: { message: 'the worker has stopped' } });
  });
});

test('a segmentation fault of a process fails its job only', async () => {
  const runner = runnerIn('process');
  expect(await chore(runner, 'segfault')).toMatchObject({
    failure: { errtype: 'JobCrashed', message: 'the process was ended by SIGSEGV while the job ran' },
  });
  expect(await chore(runner, 'return')).toEqual(done);
});

test('middleware runs around an isolated handler', async () => {
  const seen: string[] = [];
  const middleware = [
    async (_context: unknown, next: () => Promise<void>) => {
      await next().catch((error: Error) => seen.push(`${error.name}: ${error.message}`));
    },
  ];
  expect(await chore(runnerIn('thread', {}, { middleware }), 'own')).toEqual(done);
  expect(seen).toEqual(['Limited: slow down']);
});
