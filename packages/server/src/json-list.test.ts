import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { arrayPieces, objectPieces, writeInParts } from './json-list.ts';

test('pieces of arrays and objects join to the JSON of the values', async () => {
  const values: unknown[][] = [[], [1], ['é', null, { a: [2] }]];
  for (const value of values) expect(JSON.parse(`${await writeInParts(arrayPieces(value))}`)).toEqual(value);
  const members = Object.entries({ 'a"b': 1, c: [2] });
  expect(JSON.parse(`${await writeInParts(objectPieces(members))}`)).toEqual({ 'a"b': 1, c: [2] });
  expect(`${await writeInParts(objectPieces([]))}`).toBe('{}');
});

test('a long text is written in parts, at most 128 Ki characters and one item in a round', async () => {
  const item = 'x'.repeat(1000);
  let [made, before, most, isDone] = [0, 0, 0, false];
  const items = (function* () {
    for (; made < 2000; made++) yield item;
  })();
  const written = writeInParts(arrayPieces(items)).finally(() => {
    isDone = true;
  });
  for (; !isDone; before = made) {
    await setImmediate();
    most = Math.max(most, made - before);
  }
  expect(most).toBeLessThanOrEqual(264); // the test's own round may come after two parts
  expect(JSON.parse(`${await written}`)).toHaveLength(2000);
});
