import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from '../state/binding.ts';
import { migrate } from '../state/schema.ts';
import { deleteOld } from './delete-old.ts';

let db: Database;
beforeEach(() => {
  db = openDatabase(':memory:');
  migrate(db);
});
afterEach(() => db.close());

const today = Math.floor(Date.now() / 86_400_000);
const tally = () => db.prepare('SELECT day, processed, failures FROM tally ORDER BY day').all();

test('daily counts older than 400 days become one sum, and the total stays', () => {
  const days = [1, 2, today - 500, today - 399, today];
  for (const day of days) db.exec(`INSERT INTO tally VALUES (${day}, 10, 1)`);
  const expected = [
    { day: 0, processed: 30, failures: 3 },
    { day: today - 399, processed: 10, failures: 1 },
    { day: today, processed: 10, failures: 1 },
  ];
  deleteOld(db);
  expect(tally()).toEqual(expected);
  deleteOld(db);
  expect(tally()).toEqual(expected);
});

test('names of removed queues without jobs are deleted when there are more than 1,000', () => {
  const names = () => (db.prepare('SELECT count(*) AS n FROM queue').get() as { n: number }).n;
  for (let n = 1; n <= 1001; n++) db.exec(`INSERT INTO queue VALUES (${n}, 'q${n}', ${n === 1 ? 1 : 0}, 0)`);
  deleteOld(db);
  expect(names()).toBe(1001);
  db.exec(`INSERT INTO queue VALUES (2000, 'used', 0, 0);
    INSERT INTO job (place, queue, priority, seq, due, reserve, wid, enqueued_at, jid, document) VALUES (3, 2000, 5, 1, 1, 1, 1, 0, 'x', '{}')`);
  deleteOld(db);
  expect(db.prepare('SELECT name FROM queue ORDER BY id').all()).toEqual([{ name: 'q1' }, { name: 'used' }]);
});
