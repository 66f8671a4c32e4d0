/**
 * Chooses the SQLite binding: the one built into Node 22.16 and later, else the prebuilt package
 * (Node 20).
 *
 * Declares only the members that the engine uses, so that the code stays within what both bindings
 * have.
 * Note: keep a reference to the database as long as its statements are used, because on Node 20 a
 * collected database closes under them.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { FaktoryError } from '@faktory-ts/protocol';

export type Value = number | string | null;

export interface Statement {
  run(...values: Value[]): { changes: number | bigint };
  /**
   * Also runs a write. `run` is slower: it builds an object of two numbers, 0.6 of 1.4 µs (Node
   * 20).
   */
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
  iterate(...values: Value[]): IterableIterator<unknown>;
  /** Returns rows as arrays in column order, which saves a microsecond for a row of six columns. */
  setReturnArrays(on: boolean): void;
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /** Newer Node only, where it is on by default: then SQLite ignores `writable_schema`. */
  enableDefensive?(on: boolean): void;
  close(): void;
}

interface Binding {
  DatabaseSync: new (path: string) => Database;
}

const require = createRequire(import.meta.url);

/** Opens a database file with this Node's binding. Throws CONFIG when there is none. */
export function openDatabase(path: string): Database {
  return new (loadBinding().DatabaseSync)(path);
}

/**
 * Opens a database file that exists; SQLite never creates it. Throws CONFIG when this Node has no
 * binding.
 */
export function openPresent(path: string): Database {
  return openDatabase(`${pathToFileURL(path).href}?mode=rw`);
}

/** Returns the version of SQLite. Throws CONFIG when this Node has no binding. */
export function sqliteVersion(): string {
  const db = openDatabase(':memory:');
  try {
    return (db.prepare('SELECT sqlite_version() AS version').get() as { version: string }).version;
  } finally {
    db.close();
  }
}

const reading = new Set<Statement>();

/**
 * Yields rows while they are read.
 * Note: on Node 20 the process crashes when a statement is collected during the read, so `reading`
 * references it.
 */
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

// Node 22 and 24 warn at every start that SQLite is experimental; users of the server cannot change
// that.
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
