/**
 * A database with an outbox, as a program would use it: SQLite in a file, or Postgres. The
 * program's transactions and the relay use different connections.
 */
import pg from 'pg';
import { openDatabase } from '../../server/src/engine/sqlite/state/binding.ts';
import type { OutboxStore } from '../src/outbox/index.ts';

export interface TestStore extends OutboxStore {
  /** Runs these statements in one transaction of the program. */
  transact(statements: [sql: string, values: string[]][], end?: 'COMMIT' | 'ROLLBACK'): Promise<void>;
  close(): Promise<void>;
}

/** `sqlite:<file>`, or `postgres:<folder of the socket>/<database>`. */
export function openStore(where: string): TestStore {
  const place = where.slice(where.indexOf(':') + 1);
  return where.startsWith('sqlite:') ? sqliteStore(place) : postgresStore(place);
}

function sqliteStore(file: string): TestStore {
  const db = openDatabase(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000');
  return {
    dialect: 'sqlite',
    query: async (sql, values) => db.prepare(sql).all(...values),
    transact: async (statements, end = 'COMMIT') => {
      db.exec('BEGIN IMMEDIATE');
      for (const [sql, values] of statements) db.prepare(sql).all(...values);
      db.exec(end);
    },
    close: async () => db.close(),
  };
}

function postgresStore(place: string): TestStore {
  const at = place.lastIndexOf('/');
  const pool = new pg.Pool({ host: place.slice(0, at), database: place.slice(at + 1), user: 'postgres' });
  pool.on('error', () => undefined); // the server is stopped at the end of the tests
  return {
    dialect: 'postgres',
    query: async (sql, values) => (await pool.query(sql, values)).rows,
    transact: async (statements, end = 'COMMIT') => {
      const one = await pool.connect();
      await one.query('BEGIN');
      for (const [sql, values] of statements) await one.query(sql, values);
      await one.query(end);
      one.release();
    },
    close: () => pool.end(),
  };
}
