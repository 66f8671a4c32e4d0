import { expect, test } from 'vitest';
import type { Pieces } from './pieces.ts';
import type { ReaderRequest } from './reader.ts';
import type { ReadingName } from './readings.ts';
import { Turns } from './turns.ts';

const request = (id: number, name: ReadingName = 'scan'): ReaderRequest => ({
  id,
  name,
  ask: 'x',
  busy: false,
});

/** Requests of 10 pieces each; `seen` lists whose piece was done. */
function turnsOf(seen: number[], pieces = 10): Turns {
  return new Turns(function* ({ id }): Pieces<string> {
    for (let count = 1; count < pieces; count++) {
      seen.push(id);
      yield;
    }
    seen.push(id);
    return `answer ${id}`;
  });
}

test('a search that arrives while another reads a large job gets every second turn', () => {
  const seen: number[] = [];
  const turns = turnsOf(seen);
  turns.add(request(1));
  turns.next();
  turns.next();
  turns.add(request(2));
  for (let count = 0; count < 6; count++) turns.next();
  expect(seen).toEqual([1, 1, 1, 2, 1, 2, 1, 2]);
});

test('a cancelled search does no further piece', () => {
  const seen: number[] = [];
  const turns = turnsOf(seen);
  turns.add(request(1));
  turns.next();
  turns.delete(1);
  expect(turns.next()).toBeUndefined();
  expect(seen).toEqual([1]);
});

test('eight searches are begun at once, others wait; a read that keeps no text never waits for them', () => {
  const seen: number[] = [];
  const turns = turnsOf(seen, 3);
  for (let id = 1; id <= 9; id++) turns.add(request(id));
  turns.add(request(10, 'levels'));
  for (let count = 0; count < 9; count++) turns.next();
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10]);
  const answers: unknown[] = [];
  for (let turn = turns.next(); turn; turn = turns.next()) if (turn.ended) answers.push(turn.ended.result);
  expect(answers).toHaveLength(10);
  expect(answers).toContainEqual({ answer: 'answer 9' });
});

test('an error ends the request in which it was thrown, and the next one has its turn', () => {
  const turns = new Turns(function* ({ id }): Pieces<number> {
    yield;
    if (id === 1) throw new Error('broken');
    return id;
  });
  turns.add(request(1));
  turns.add(request(2));
  const ends: unknown[] = [];
  for (let turn = turns.next(); turn; turn = turns.next()) if (turn.ended) ends.push(turn.ended);
  expect(ends).toEqual([
    { id: 1, result: { error: new Error('broken') } },
    { id: 2, result: { answer: 2 } },
  ]);
});
