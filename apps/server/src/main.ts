/*
 * The program `faktory`: a command, or flags that start the server (start.ts). It loads only what was asked for.
 * Exit status 0: done, or stopped when asked; 1: failed, or could not start; 2: a command was used wrongly or is unknown;
 * 128 + signal: ended by one. What fails says why in one line on standard error.
 */
import { FaktoryError, visibleLines } from '@faktory-ts/protocol';
import { cureOf } from './barred.ts';
import type { Command } from './commands/command.ts';
import { commandOf, runCommand } from './commands/run.ts';
import { terminalOf } from './terminal.ts';

// Whoever reads our output may go away (`faktory | head`, a closed terminal). The jobs are worth more than the log.
let outputFault: unknown; // why standard output is cut short; not for a reader that went away
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

/** Runs a command to its end; what it printed is written before the process ends by itself. */
async function work(asked: Command, words: readonly string[]): Promise<void> {
  const end = new AbortController();
  let ended: number | undefined;
  const endBy = (status: number) => (): void => {
    if (ended !== undefined) process.exit(status); // a second one: at once
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
  return `unexpected fault: ${visibleLines(error instanceof Error ? (error.stack ?? error.message) : String(error))}`;
}

/** The reader of standard output went away, as `head` does when it has enough. */
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
    return path === undefined ? 'give this user the right, or run this as another user' : cureOf(path);
  if (code === 'ENOENT') return 'correct the name, or create it';
  if (code === 'EISDIR') return 'a folder is where a file belongs: move the folder away';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'free the disk that is written to';
  return 'the system refused it: correct the cause and try again';
}
