/** Deletes the files of a restore, compact or salvage that did not finish. None of them is a store. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const UNFINISHED = /^\.(?:salvaged|restored|compacted)\.db/;

/** Call it only while the folder is locked: then no such work is going on. */
export function clearUnfinished(dir: string): void {
  if (!existsSync(dir)) return;
  for (const name of readdirSync(dir)) if (UNFINISHED.test(name)) rmSync(join(dir, name), { force: true });
}
