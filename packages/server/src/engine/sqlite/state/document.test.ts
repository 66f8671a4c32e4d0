import { expect, test } from 'vitest';
import { openDatabase } from './binding.ts';
import { DOCUMENT, documentIn } from './document.ts';

test.each([
  ['small', '{"a":"é😀"}', 'string'],
  ['large and ASCII', 'x'.repeat(300_000), 'object'],
  ['large and in Latin', 'é'.repeat(200_000), 'object'],
  ['large and of all planes', '{"a":"日😀\ufeff"}'.repeat(50_000), 'object'],
])('a document that is %s is read as it was written', (_, text, kind) => {
  const db = openDatabase(':memory:');
  db.exec('CREATE TABLE job (document TEXT)');
  db.prepare('INSERT INTO job VALUES (?)').run(text);
  const { column } = db.prepare(`SELECT ${DOCUMENT} AS column FROM job`).get() as { column: string };
  expect(typeof column).toBe(kind);
  expect(documentIn(column) === text).toBe(true);
  db.close();
});
