/*
 * The program `faktory`: a command, or flags that start the server.
 * Exit status 0: done, or stopped when asked; 1: failed, or could not start; 2: a command was used wrongly; 128 + signal: ended by
 * one. What fails says why in one line on standard error.
 */
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { FaktoryError } from '@faktory-ts/protocol';
import { name } from './announce.ts';
import type { Command } from './commands/command.ts';
import { commandList, commandOf, runCommand } from './commands/run.ts';
import { readConfig } from './config.ts';
import { type Flags, parseFlags } from './flags.ts';
import { createLog } from './log.ts';
import { serve } from './serve.ts';
import { terminalOf } from './terminal.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

// Whoever reads our output may go away (`faktory | head`, a closed terminal). The jobs are worth more than the log.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const args = process.argv.slice(2);
const command = commandOf(args);
if (command) await work(command, args.slice(1));
else await start(args);

async function start(words: readonly string[]): Promise<void> {
  let flags: Flags = {};
  try {
    const asked = await parseFlags(words, commandList());
    if ('help' in asked) process.stdout.write(`${asked.help}\n`);
    else if ('version' in asked) process.stdout.write(`${name} ${version}\n`);
    else {
      flags = asked.flags;
      const { skipPassword } = asked;
      const surroundings = {
        env: process.env,
        home: homedir,
        passwordFile: '/etc/faktory/password',
        skipPassword,
      };
      await serve(() => readConfig(flags, surroundings), version, asked.takeOver);
    }
  } catch (error) {
    refuse(error, flags['log-format'] === 'json');
  }
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

/** Says why there is no server, and ends. */
function refuse(error: unknown, json: boolean): never {
  const message = reasonOf(error);
  const write = (line: string): boolean => process.stderr.write(line);
  if (json) createLog({ level: 'error', format: 'json', colour: false, write }).error(message);
  else write(`faktory: ${message}\n`);
  process.exit(1);
}

function reasonOf(error: unknown): string {
  if (error instanceof FaktoryError) return error.message;
  return `unexpected fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
