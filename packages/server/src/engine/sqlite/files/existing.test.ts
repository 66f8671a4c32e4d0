import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../state/binding.ts';
import { identityOf, openExisting } from './existing.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'existing-'));
  path = join(dir, 'faktory.db');
});
afterEach(() => {
  process.seteuid?.(process.getuid?.() ?? 0);
  rmSync(dir, { recursive: true, force: true });
});

it('a store that is missing is refused, and neither made nor its log deleted', () => {
  expect(() => openExisting(path)).toThrow(`${path} was deleted or replaced`);
  writeFileSync(`${path}-wal`, 'jobs');
  expect(() => openExisting(path)).toThrow('its log faktory.db-wal is there');
  expect([existsSync(path), existsSync(`${path}-wal`)]).toEqual([false, true]);
});

it('a store that was replaced is refused', () => {
  openDatabase(path).exec('CREATE TABLE t (a)');
  const identity = identityOf(path);
  openExisting(path, identity).close();
  renameSync(path, `${path}.away`);
  openDatabase(path).exec('CREATE TABLE t (a)');
  expect(() => openExisting(path, identity)).toThrow(`${path} was deleted or replaced`);
});

it.skipIf(process.getuid?.() !== 0)('a store that this user cannot read is refused in words', () => {
  openDatabase(path).exec('CREATE TABLE t (a)');
  chmodSync(dir, 0o755);
  chmodSync(path, 0o600);
  process.seteuid?.(65_534);
  expect(() => openExisting(path)).toThrow(
    expect.objectContaining({ code: 'STORAGE', message: expect.stringContaining('cannot be read (EACCES)') }),
  );
});
