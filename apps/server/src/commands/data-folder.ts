/*
 * The data folder that a command works on: the flag -d, else the one that a server started here would use.
 */
import { join, resolve } from 'node:path';
import { DataFolder } from '@faktory-ts/server';
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

/** The folder that the command means. */
export const folderOf = (call: Call<'dir'>): DataFolder => new DataFolder(dirOf(call));

/** Its path. */
export function dirOf(call: Call<'dir'>): string {
  const { env } = call.terminal;
  const development = (env.FAKTORY_ENV || 'development') === 'development';
  const usual = development ? join(env.HOME ?? '', '.faktory/db') : '/var/lib/faktory/db';
  return resolve(call.value('dir') ?? usual);
}
