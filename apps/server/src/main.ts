/**
 * The program `faktory`: runs a command, or starts the server (start.ts). Only the needed code is
 * loaded.
 *
 * Exit status 0: done, or stopped on request; 1: failed, or could not start; 2: wrong usage or an
 * unknown command; 128 + signal: ended by a signal. The reason of a failure is one line on standard
 * error.
 */
import { FaktoryError, visibleLines } from '@faktory-ts/protocol';
import { cureOf } from './barred.ts';
import type { Command } from './commands/command.ts';
import { commandOf, runCommand } from './commands/run.ts';
import { terminalOf } from './terminal.ts';

// The reader of our output may go away (`faktory | head`, a closed terminal); the server must keep
// running.
let outputFault: unknown; // error of standard output; not set when the reader went away
process.stderr.on('error', () => undefined);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || outputFault !== undefined || !command) return;
  outputFault = error;
  process.exitCode = 1;
  process.stderr.write(`faktory ${command.name}: standard output: ${reasonOf(error)}\n`);
});

const args = withoutHelp(process.argv.slice(2));
const command = await commandOf(args).catch((error: unknown) => {
  process.stderr.write(`faktory: ${reasonOf(error)}\n`);
  process.exit(2);
});
if (command) await work(command, args.slice(1));
else {
  const { start } = await import('./start.ts');
  await start(args, reasonOf);
}

/** `help` and `help NAME` mean `--help` and `NAME --help`. */
function withoutHelp(typed: string[]): string[] {
  if (typed[0] !== 'help') return typed;
  return typed[1] === undefined ? ['--help'] : [typed[1], '--help'];
}

/** Runs a command to its end; its output is written before the process ends. */
async function work(asked: Command, words: readonly string[]): Promise<void> {
  const end = new AbortController();
  let ended: number | undefined;
  const endBy = (status: number) => (): void => {
    if (ended !== undefined) process.exit(status); // a second signal ends at once
    ended = status;
    end.abort();
  };
  process.on('SIGINT', endBy(130)).on('SIGTERM', endBy(143));
  try {
    await runCommand(asked, words, terminalOf(process, end.signal));
    process.exitCode = ended ?? (outputFault === undefined ? 0 : 1);
  } catch (error) {
    if (hasGone(error)) return;
    const wrongUse = error instanceof FaktoryError && error.code === 'CONFIG';
    process.exitCode = ended ?? (wrongUse ? 2 : 1);
    if (ended === undefined && error !== outputFault)
      process.stderr.write(`faktory ${asked.name}: ${reasonOf(error)}\n`);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof FaktoryError) return visibleLines(error.message);
  if (isSystemError(error)) return visibleLines(`${error.message}; ${hintOf(error)}`);
  return `unexpected error: ${visibleLines(error instanceof Error ? (error.stack ?? error.message) : String(error))}`;
}

/** Whether the reader of standard output went away, as `head` does. */
function hasGone(error: unknown): boolean {
  return isSystemError(error) && error.code === 'EPIPE' && error.syscall === 'write';
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && typeof syscall === 'string';
}

function hintOf({ code, syscall, path }: NodeJS.ErrnoException): string {
  if (syscall === 'mkdtemp') return 'TMPDIR must name a folder that exists and that this user can write';
  if (code === 'EACCES' || code === 'EPERM')
    return path === undefined ? 'give this user the permission, or run this as another user' : cureOf(path);
  if (code === 'ENOENT') return 'correct the name, or create it';
  if (code === 'EISDIR') return 'a folder has the name of a file: move the folder away';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'free disk space';
  return 'the system refused it: correct the cause and try again';
}
