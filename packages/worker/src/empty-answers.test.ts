import { expect, test } from 'vitest';
import { EmptyAnswers } from './empty-answers.ts';

/** The waits after this number of empty answers that came at once. */
const waits = (answers: EmptyAnswers, count: number): number[] =>
  Array.from({ length: count }, () => answers.answered(0, 5));

test('from the fourth empty answer in a row that comes at once, the waits double from 10 ms to one second', () => {
  expect(waits(new EmptyAnswers(), 12)).toEqual([0, 0, 0, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
});

test.each([
  ['a job', (answers: EmptyAnswers) => answers.answered(1, 5)],
  ['an answer that was waited for', (answers: EmptyAnswers) => answers.answered(0, 100)],
  ['a line of our own', (answers: EmptyAnswers) => answers.interrupted()],
])('%s ends the waits', (_, event) => {
  const answers = new EmptyAnswers();
  expect(waits(answers, 6).at(-1)).toBe(40);
  event(answers);
  expect(waits(answers, 4)).toEqual([0, 0, 0, 10]);
});
