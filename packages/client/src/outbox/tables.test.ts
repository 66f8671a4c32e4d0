import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bound, type OutboxDialect, outboxTables, statements } from './tables.ts';

const dialects: OutboxDialect[] = ['postgres', 'mysql', 'sqlite'];

test('placeholders are those of the database, and a list has one for each entry', () => {
  const values = ['a', ['1', '2', '3'], 7];
  const sql = 'UPDATE t SET x = ? WHERE id IN (??) AND n = ?';
  expect(bound('postgres', sql, values)).toEqual({
    sql: 'UPDATE t SET x = $1 WHERE id IN ($2, $3, $4) AND n = $5',
    values: ['a', '1', '2', '3', 7],
  });
  for (const dialect of ['mysql', 'sqlite'] as const) {
    expect(bound(dialect, sql, values).sql).toBe('UPDATE t SET x = ? WHERE id IN (?, ?, ?) AND n = ?');
  }
});

test('each database has its own clock and its own way to insert once', () => {
  expect(statements('mysql').begin).toMatch(/ON DUPLICATE KEY UPDATE id = id$/);
  expect(statements('mysql').lease).toContain('UNIX_TIMESTAMP()');
  expect(statements('postgres').lease).toContain('clock_timestamp()');
  expect(statements('sqlite').lease).toContain("strftime('%s', 'now')");
  for (const dialect of ['postgres', 'sqlite'] as const) {
    expect(statements(dialect).begin).toMatch(/ON CONFLICT \(id\) DO NOTHING$/);
  }
});

test('OUTBOX.md shows the tables as they are', () => {
  const text = readFileSync(new URL('../../OUTBOX.md', import.meta.url), 'utf8');
  for (const dialect of dialects) for (const table of outboxTables(dialect)) expect(text).toContain(table);
});
