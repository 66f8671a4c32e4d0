/**
 * Opens the data folder of a command: the flag -d, else the folder of a server with the default
 * settings.
 */
import { accessSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';
import { FaktoryError } from '@faktory-ts/protocol';
import { type Backup, DataFolder } from '@faktory-ts/server';
import { refuseBarred } from '../barred.ts';
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

/**
 * Opens the folder as its owner. Files that only root can read must be open before. Throws
 * NOT_FOUND for a missing folder, unless the command may make it, and STORAGE when it cannot be
 * read.
 */
export function folderOf(call: Call<'dir'>, missing: 'refuse' | 'may be made' = 'refuse'): DataFolder {
  const dir = dirOf(call);
  becomeOwner(dir, { missing: missing === 'refuse' ? 'refuse' : 'make' });
  const fault = unreadable(dir) ?? unreadable(join(dir, 'backups'));
  if (fault?.code === 'ENOENT') {
    if (fault.path === dir && missing === 'refuse')
      throw new FaktoryError('NOT_FOUND', `there is no data folder ${dir}; name the server's folder with -d`);
  } else if (fault && !['EACCES', 'EPERM', 'ENOTDIR'].includes(fault.code ?? '')) {
    throw new FaktoryError('STORAGE', `${fault.path} cannot be read (${fault.code})`, { cause: fault });
  }
  refuseBarred(dir, 'by commands');
  return new DataFolder(dir);
}

/**
 * Adds a hint to an error: other commands use the server of FAKTORY_URL, but tokens and verify use
 * a folder unless --url is typed.
 */
export function withHint<T>({ value, terminal: { env } }: Call<'dir'>, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const elsewhere = env.FAKTORY_URL || env.FAKTORY_PROVIDER;
    if (!(cause instanceof FaktoryError) || !elsewhere || value('dir') !== undefined) throw cause;
    const text = `${cause.message}; to ask the server of ${env.FAKTORY_URL ? 'FAKTORY_URL' : 'FAKTORY_PROVIDER'}, use --url "$FAKTORY_URL"`;
    throw new FaktoryError(cause.code, text, { cause });
  }
}

/** The error when a folder cannot be read; undefined when it can. */
function unreadable(path: string): NodeJS.ErrnoException | undefined {
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

/** The path of the folder. */
function dirOf(call: Call<'dir'>): string {
  const { env } = call.terminal;
  const { data } = usualFolders(env.FAKTORY_ENV || 'development', () => env.HOME ?? '');
  return resolve(call.value('dir') ?? data);
}

/** Number of jobs in all places. */
export function jobsIn({ jobs }: Pick<Backup, 'jobs'>): number {
  return Object.values(jobs).reduce((sum, n) => sum + n, 0);
}
