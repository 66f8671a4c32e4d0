/**
 * A process that makes one backup, or proves one, told by its first argument, and prints what it made or proved: so the server neither waits for it nor shares
 * its memory, and can end it at any moment. It must never hold the server up: it runs with less priority.
 */
import { setPriority } from 'node:os';
import { makeBackup } from './backup-make.ts';
import type { BackupWork } from './backup-maker.ts';
import { checkBackup } from './backup-restore.ts';

try {
  setPriority(10);
} catch {
  // A system that does not allow it runs it like others.
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
