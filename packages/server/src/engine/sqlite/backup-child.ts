/**
 * A process that makes one backup, told by its first argument, and prints what it made: so the server neither waits for it nor shares
 * its memory, and can end it at any moment. It must never hold the server up: it runs with less priority.
 */
import { setPriority } from 'node:os';
import { type BackupOrder, makeBackup } from './backup-make.ts';

try {
  setPriority(10);
} catch {
  // A system that does not allow it runs it like others.
}
try {
  const backup = await makeBackup(JSON.parse(process.argv[2] ?? '') as BackupOrder);
  process.stdout.write(JSON.stringify(backup));
} catch (error) {
  process.stderr.write((error as Error).message);
  process.exitCode = 1;
}
