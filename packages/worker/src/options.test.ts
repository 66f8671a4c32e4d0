import { expect, test } from 'vitest';
import { settings, type WorkerOptions } from './options.ts';

const handlers = { Greet: (): void => undefined };
const made = (options: object) => (): unknown => settings({ handlers, ...options } as WorkerOptions);

test('an option that does not exist is refused at run time, with the one that was meant', () => {
  expect(made({ concurency: 3 })).toThrow(
    expect.objectContaining({
      code: 'CONFIG',
      message: 'unknown option concurency; did you mean concurrency?',
    }),
  );
  expect(made({ workers: 3 })).toThrow('unknown option workers; the options are handlers, jobs,');
});

test.each([
  [
    'labels, a text whose letters are no labels',
    { labels: 'blue' },
    "labels must be a list of texts, not 'blue'",
  ],
  [
    'an observer that is a function',
    { observer: () => undefined },
    'observer must be an object with methods',
  ],
  ['jobs that defineJob did not make', { jobs: [{ name: 'Greet' }] }, 'jobs[0] is no definition'],
  ['one definition outside of a list', { jobs: { jobtype: 'Greet' } }, 'jobs must be a list of definitions'],
  [
    'queues in a Set',
    { queues: new Set(['mail']) },
    "queues is Set(1) { 'mail' }; it must be a name, a list",
  ],
])('a value of the wrong kind is refused: %s', (_name, options, message) => {
  expect(made(options)).toThrow(
    expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(message) }),
  );
});

test('one queue may be given by its name alone', () => {
  expect(settings({ handlers, queues: 'mail' }).queues()).toEqual(['mail']);
});
