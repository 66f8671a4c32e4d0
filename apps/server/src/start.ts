/**
 * Starts the server with the typed flags, or prints the help or the version. A failed start prints
 * one line on standard error.
 */
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { name } from './announce.ts';
import { readConfig } from './config.ts';
import { type Flags, parseFlags } from './flags.ts';
import { createLog } from './log.ts';
import { serve } from './serve.ts';
import { inWordsOfProgram } from './written.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** Runs until the server is stopped. `reasonOf` makes the text of an error. */
export async function start(words: readonly string[], reasonOf: (error: unknown) => string): Promise<void> {
  let flags: Flags = {};
  try {
    const asked = await parseFlags(words, async () => (await import('./commands/run.ts')).commandList());
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
    refuse(inWordsOfProgram(reasonOf(error)), flags['log-format'] === 'json');
  }
}

/** Prints why the server did not start, and ends the process. */
function refuse(message: string, json: boolean): never {
  const write = (line: string): boolean => process.stderr.write(line);
  if (json) createLog({ level: 'error', format: 'json', colour: false, write }).error(message);
  else write(`faktory: ${message}\n`);
  process.exit(1);
}
