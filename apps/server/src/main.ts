/*
 * The program `faktory`: a command, or flags that start the server (start.ts). It loads only what was asked for.
 * Exit status 0: done, or stopped when asked; 1: failed, or could not start; 2: a command was used wrongly or is unknown;
 * 128 + signal: ended by one. What fails says why in one line on standard error.
 */
import { FaktoryError, visibleLines } from '@faktory-ts/protocol';
import type { Command } from './commands/command.ts';
import { commandOf, runCommand } from './commands/run.ts';
import { terminalOf } from './terminal.ts';

// Whoever reads our output may go away (`faktory | head`, a closed terminal). The jobs are worth more than the log.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const args = process.argv.slice(2);
const command = await commandOf(args).catch((error: unknown) => {
  process.stderr.write(`faktory: ${reasonOf(error)}\n`);
  process.exit(2);
});
if (command) await work(command, args.slice(1));
else {
  const { start } = await import('./start.ts');
  await start(args, reasonOf);
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
    process.exitCode = ended ?? 0;
  } catch (error) {
    const wrongUse = error instanceof FaktoryError && error.code === 'CONFIG';
    process.exitCode = ended ?? (wrongUse ? 2 : 1);
    if (ended === undefined) process.stderr.write(`faktory ${asked.name}: ${reasonOf(error)}\n`);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof FaktoryError) return visibleLines(error.message);
  return `unexpected fault: ${visibleLines(error instanceof Error ? (error.stack ?? error.message) : String(error))}`;
}
