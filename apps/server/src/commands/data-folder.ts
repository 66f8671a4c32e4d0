/*
 * The data folder that a command works on: the flag -d, else the one that a server started here would use.
 */
import { resolve } from 'node:path';
import { type Backup, DataFolder } from '@faktory-ts/server';
import { becomeOwner } from '../become-owner.ts';
import { usualFolders } from '../folders.ts';
import type { Call, Flag } from './command.ts';

/** The flag of every command that works on a data folder. */
export const folderFlags = {
  dir: {
    alias: 'd',
    value: 'DIR',
    describe: 'the data folder',
    normal: '/var/lib/faktory/db, in development ~/.faktory/db',
  },
} satisfies Record<string, Flag>;

/** The folder that the command works on, as its owner. Files that only root can read must be open before. */
export function folderOf(call: Call<'dir'>): DataFolder {
  const dir = dirOf(call);
  becomeOwner(dir);
  return new DataFolder(dir);
}

/** Its path. */
function dirOf(call: Call<'dir'>): string {
  const { env } = call.terminal;
  const { data } = usualFolders(env.FAKTORY_ENV || 'development', () => env.HOME ?? '');
  return resolve(call.value('dir') ?? data);
}

/** How many jobs there are in all places. */
export function jobsIn({ jobs }: Pick<Backup, 'jobs'>): number {
  return Object.values(jobs).reduce((sum, n) => sum + n, 0);
}
