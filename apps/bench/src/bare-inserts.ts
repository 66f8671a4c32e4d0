/**
 * The baseline of a bulk push: inserts the same rows into the same table with the same binding,
 * 1,000 in a transaction, in a loop that does nothing else. Prints rows a second. The table is that
 * of packages/server/src/engine/sqlite/state/schema.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newJid } from '@faktory-ts/protocol';

interface Binding {
  DatabaseSync: new (
    path: string,
  ) => {
    exec(sql: string): void;
    prepare(sql: string): { run(...values: (string | number | null)[]): unknown };
    close(): void;
  };
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const builtIn = major > 22 || (major === 22 && minor >= 16);
const { DatabaseSync } = createRequire(import.meta.url)(
  builtIn ? 'node:sqlite' : '@photostructure/sqlite',
) as Binding;

const [total = 200_000, perCommit = 1000] = process.argv.slice(2).map(Number);
const dir = mkdtempSync(join(tmpdir(), 'faktory-bench-bare-'));
const db = new DatabaseSync(join(dir, 'bare.db'));
db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32000; PRAGMA wal_autocheckpoint = 4000;
  CREATE TABLE job (id INTEGER PRIMARY KEY, place INTEGER NOT NULL, queue INTEGER NOT NULL, priority INTEGER NOT NULL,
    seq INTEGER NOT NULL, due INTEGER NOT NULL, reserve INTEGER NOT NULL, wid INTEGER NOT NULL, enqueued_at INTEGER NOT NULL,
    jid TEXT NOT NULL, document TEXT NOT NULL, failure TEXT) STRICT;
  CREATE INDEX job_ready ON job (queue, priority DESC, seq) WHERE place = 2`);
const insert = db.prepare('INSERT INTO job VALUES (NULL, 2, 1, 5, ?, ?, 1800, 1000, ?, ?, ?, NULL)');

// The documents are made before, because only the storing is measured.
const rows = Array.from({ length: total }, () => {
  const jid = newJid();
  return [
    jid,
    `{"retry":25,"jid":"${jid}","queue":"bulk","jobtype":"SomeJob","created_at":"2026-11-23T16:00:00.123456Z","args":[1,"string",3]}`,
  ] as const;
});
const now = Date.now() * 1000;
const started = performance.now();
for (let from = 0; from < total; from += perCommit) {
  db.exec('BEGIN IMMEDIATE');
  for (let i = from; i < from + perCommit; i++) {
    const [jid, document] = rows[i] ?? ['', ''];
    insert.run(now + i, now, now, jid, document);
  }
  db.exec('COMMIT');
}
console.log(Math.round((total / (performance.now() - started)) * 1000));
db.close();
rmSync(dir, { recursive: true });
