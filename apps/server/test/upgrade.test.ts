/**
 * Tests an upgrade: the program starts on a data folder of the first format, and serves its jobs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openDatabase } from '../../../packages/server/src/engine/sqlite/state/binding.ts';
import { converse, endAll, faktory, free, freshFolder } from './program.ts';

afterEach(endAll);

const oldFormat = new URL('../../../packages/server/src/engine/sqlite/state/format-1.sql', import.meta.url);

it('a data folder of an older version is upgraded at the start, after a backup; before that it can be backed up, but not dumped', async () => {
  const dir = freshFolder();
  const db = openDatabase(join(dir, 'faktory.db'));
  db.exec(readFileSync(oldFormat, 'utf8'));
  db.close();
  const dump = faktory(['dump', '-d', dir]);
  expect([await dump.ended, dump.out]).toEqual([1, '']);
  expect(dump.err).toMatch(/was written by an older server; start this server on it once/);
  const backup = faktory(['backup', '-d', dir, '--json']);
  expect(await backup.ended).toBe(0);
  const { id, format } = JSON.parse(backup.out) as { id: string; format: number };
  expect(format).toBe(1);

  const server = faktory([...free, '-d', dir]);
  expect(await converse(await server.port(), ['FETCH mail default'])).toContain('urgent-01');
  expect(await server.stop()).toBe(0);
  const [, kept] =
    /upgraded from format 1 to \d+; backup (\S+) has the store in its old format/.exec(server.out) ?? [];
  const listed = faktory(['backups', '-d', dir, '--json']);
  expect(await listed.ended).toBe(0);
  expect(JSON.parse(listed.out)[0]).toMatchObject({ id: kept, format: 1 });
  const after = faktory(['dump', '-d', dir]);
  expect(await after.ended).toBe(0);
  expect(after.out).toContain('urgent-01');
  const back = faktory(['restore', id, '-d', dir, '--yes']);
  expect([await back.ended, back.err]).toEqual([0, '']);
}, 60_000);
