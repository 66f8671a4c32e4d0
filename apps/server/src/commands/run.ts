/*
 * The commands of the program, and how one is run: `faktory NAME words --flags`.
 * It must never know what a command does.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Argv } from 'yargs';
import { parserOf } from '../parser.ts';
import { backup, backups, purge, restore, verify } from './backups.ts';
import { discard, kill, move, prioritize, retry, schedule } from './change.ts';
import type { Command, Flag, Terminal } from './command.ts';
import { completionOf } from './completion.ts';
import { doctor } from './doctor.ts';
import { dump, load } from './dump.ts';
import { importing } from './import.ts';
import { info } from './info.ts';
import { jobs } from './jobs.ts';
import { push } from './push.ts';
import { queue, queues } from './queues.ts';
import { tail } from './tail.ts';
import { tokens } from './tokens.ts';
import { top } from './top.ts';
import { quiet, stop, workers } from './workers.ts';

/** In the order in which the help tells of them. */
export const commands: readonly Command[] = [
  ...[info, top, queues, queue, jobs, retry, kill, discard, schedule, move, prioritize, push],
  ...[workers, quiet, stop, tail, doctor],
  ...[backup, backups, verify, restore, purge, dump, load, importing],
  tokens,
  completionOf(() => commands),
];

/** A line for each command, for the help of the program. */
export function commandList(): string {
  return commands.map(({ name, describe }) => `  ${name.padEnd(12)} ${describe}`).join('\n');
}

/** The command that `args` begin with, if they do. */
export function commandOf(args: readonly string[]): Command | undefined {
  return commands.find(({ name }) => name === args[0]);
}

/** Runs a command with what was typed behind its name. Throws CONFIG for wrong usage. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const parser = parserOfCommand(command, args);
  const given: Record<string, unknown> = await parser.parseAsync();
  if (given.help === true) {
    terminal.print(await parser.getHelp());
    return;
  }
  const words = (given._ as unknown[]).map(String);
  checkCount(command, words);
  for (const [name, flag] of Object.entries(command.flags)) {
    if (flag.value !== undefined && given[name] === '') {
      throw new FaktoryError('CONFIG', `the flag --${name} needs a value${seeHelp(command)}`);
    }
  }
  const value = (name: string): string | undefined => {
    const found = given[name];
    return typeof found === 'string' ? found : undefined;
  };
  await command.run({ words, value, on: (name) => given[name] === true, terminal });
}

const usageOf = ({ name, synopsis }: Command): string => (synopsis === '' ? name : `${name} ${synopsis}`);
const seeHelp = ({ name }: Command): string => `; see faktory ${name} --help`;

function parserOfCommand(command: Command, args: readonly string[]): Argv {
  const { describe, more = '' } = command;
  const parser = parserOf(args, seeHelp(command))
    .strict(false)
    .strictOptions()
    .usage(`Usage: faktory ${usageOf(command)}\n\n${describe}`)
    .option('help', { alias: 'h', type: 'boolean', describe: 'print this' })
    .epilogue(more);
  for (const [flag, told] of Object.entries(command.flags)) parser.option(flag, optionOf(told));
  return parser;
}

function optionOf({ alias, describe, value, normal }: Flag) {
  const named = {
    describe: value === undefined ? describe : `${value}: ${describe}`,
    ...(alias && { alias }),
  };
  if (value === undefined) return { ...named, type: 'boolean' as const };
  const text = { ...named, type: 'string' as const, requiresArg: true };
  return normal === undefined ? text : { ...text, defaultDescription: normal };
}

function checkCount(command: Command, words: readonly string[]): void {
  const [least, most] = command.words ?? [0, 0];
  if (words.length >= least && words.length <= most) return;
  const wrong =
    words.length < least
      ? 'something is missing'
      : `"${words[most]}" is too much: a value with spaces needs quotes`;
  const text = `${wrong}; write faktory ${usageOf(command)}`;
  throw new FaktoryError('CONFIG', text + seeHelp(command));
}
