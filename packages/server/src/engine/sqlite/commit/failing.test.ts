import { expect, test } from 'vitest';
import type { Database } from '../state/binding.ts';
import { failing } from './failing.ts';

test('a bite of failing jobs ends after a million characters, however few jobs they are', () => {
  const document = `{"retry":25,"jid":"jid-a","queue":"q","jobtype":"T","args":["${'a'.repeat(600_000)}"]}`;
  const rows = [1, 2, 3].map((id) => ({ id, due: id, seq: id, jid: 'jid-a', document, failure: null }));
  const db = { prepare: () => ({ iterate: () => rows.values(), all: () => rows }) } as unknown as Database;
  const { looked, next } = failing(db, { from: undefined, most: 1000 });
  expect(looked).toBe(2);
  expect(next).toMatchObject({ due: 2, id: 2 });
});
