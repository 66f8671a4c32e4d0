/**
 * The child process that makes or verifies one backup, as its first argument says, and prints the
 * backup as JSON. In its own process a backup delays no commit, shares no memory with the server,
 * and can be killed at any time.
 */
import { setPriority } from 'node:os';
import { makeBackup } from './backup-make.ts';
import type { BackupWork } from './backup-maker.ts';
import { checkBackup } from './backup-restore.ts';

try {
  setPriority(10);
} catch {
  // Without the right to change it, it runs with the usual priority.
}
try {
  const work = JSON.parse(process.argv[2] ?? '') as BackupWork;
  if ('proved' in work) await checkBackup(work.folder, work.proved);
  const backup = 'proved' in work ? work.proved : await makeBackup(work);
  process.stdout.write(JSON.stringify(backup));
} catch (error) {
  process.stderr.write((error as Error).message);
  process.exitCode = 1;
}
