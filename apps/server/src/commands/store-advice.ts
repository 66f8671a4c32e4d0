/** Advice for a store that cannot be used. Commands load this file, so it must stay small. */
import type { Backup, DataFolder } from '@faktory-ts/server';

/**
 * The advice, when the error itself has none: a store of another version or program needs no
 * restore.
 */
export function storeAdvice(told: string, folder: DataFolder): { advice?: string } {
  if (/newer server|another program|not a faktory/i.test(told)) return {};
  if (/locked|busy/i.test(told))
    return { advice: 'another program uses it: end that program, and try again' };
  if (!/damaged|malformed|not a database|corrupt/i.test(told)) return {};
  const [newest] = listed(folder);
  const salvage = `faktory salvage -d ${folder.dir} keeps what can be read`;
  if (!newest) return { advice: `it has no backup: stop the server, copy ${folder.dir}; ${salvage}` };
  return { advice: `stop the server, then faktory restore ${newest.id} -d ${folder.dir}; ${salvage}` };
}

/** The backups of a folder; none when they cannot be listed. */
export function listed(folder: DataFolder): Backup[] {
  try {
    return folder.backups();
  } catch {
    return []; // the list of backups has a finding of its own
  }
}
