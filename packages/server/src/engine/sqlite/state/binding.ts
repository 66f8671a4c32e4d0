/**
 * Which SQLite: the one built into Node (22.16 and later), else the prebuilt package with the same API (Node 20).
 *
 * Declares the few members that the engine uses, so that nothing else of either binding can creep in. Keep the
 * database object referenced as long as its statements: on Node 20 a collected one closes under them.
 */
import { createRequire } from 'node:module';
import { FaktoryError } from '@faktory-ts/protocol';

export type Value = number | string | null;

export interface Statement {
  run(...values: Value[]): { changes: number | bigint };
  /** Also runs a write: `run` makes an object of two numbers, 0.6 of 1.4 µs (Node 20). */
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
  iterate(...values: Value[]): IterableIterator<unknown>;
  /** Rows as arrays, in the order of the columns: a microsecond less for a row of six. */
  setReturnArrays(on: boolean): void;
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

interface Binding {
  DatabaseSync: new (path: string) => Database;
}

const require = createRequire(import.meta.url);

/** Opens a database file with the binding that this Node has. Throws CONFIG when it has none. */
export function openDatabase(path: string): Database {
  return new (loadBinding().DatabaseSync)(path);
}

/** The version of the SQLite that this Node has. Throws CONFIG when it has none. */
export function sqliteVersion(): string {
  const db = openDatabase(':memory:');
  try {
    return (db.prepare('SELECT sqlite_version() AS version').get() as { version: string }).version;
  } finally {
    db.close();
  }
}

const reading = new Set<Statement>();

/** Rows as they are read. On Node 20 a statement that is collected while its rows are read ends the process, so it is kept until then. */
export function* rowsOf(db: Database, sql: string, ...values: Value[]): Generator<unknown> {
  const statement = db.prepare(sql);
  reading.add(statement);
  try {
    yield* statement.iterate(...values);
  } finally {
    reading.delete(statement);
  }
}

function loadBinding(): Binding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 16))
    return withoutWarning(() => require('node:sqlite') as Binding);
  try {
    return require('@photostructure/sqlite') as Binding;
  } catch (cause) {
    const message = `no SQLite for Node ${process.versions.node} on ${process.platform} ${process.arch}: install @photostructure/sqlite, or use Node 22.16 or later`;
    throw new FaktoryError('CONFIG', message, { cause });
  }
}

// Node 22 and 24 call their SQLite experimental on every start; users of the server can do nothing about it.
function withoutWarning<T>(load: () => T): T {
  const original = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('SQLite is an experimental feature')) return;
    Reflect.apply(original, process, [warning, ...rest]);
  }) as typeof process.emitWarning;
  try {
    return load();
  } finally {
    process.emitWarning = original;
  }
}
