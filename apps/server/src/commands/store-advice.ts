/* What to do about a store that cannot be used. Loaded by commands, so it must stay small. */
import type { Backup, DataFolder } from '@faktory-ts/server';

/** What to do is said by the error, or follows from it: a store that another version or program wrote needs no restore. */
export function storeAdvice(told: string, folder: DataFolder): { advice?: string } {
  if (/newer server|another program|not a faktory/i.test(told)) return {};
  if (/locked|busy/i.test(told))
    return { advice: 'another program holds it: end that program, and look again' };
  if (!/damaged|malformed|not a database|corrupt/i.test(told)) return {};
  const [newest] = listed(folder);
  const salvage = `faktory salvage -d ${folder.dir} keeps what can be read`;
  if (!newest)
    return { advice: `there is no backup of it: keep a copy of ${folder.dir}, stop the server; ${salvage}` };
  return { advice: `stop the server, then faktory restore ${newest.id} -d ${folder.dir}; ${salvage}` };
}

/** The backups of a folder; none where they cannot be listed. */
export function listed(folder: DataFolder): Backup[] {
  try {
    return folder.backups();
  } catch {
    return []; // the list of backups has a finding of its own
  }
}
