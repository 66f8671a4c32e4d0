/**
 * The table of commands, and how one is run: `faktory NAME words --flags`. Each command is loaded
 * on demand, so that a command starts in half the time.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Call, Command, Terminal } from './command.ts';
import { helpOf, usageOf } from './help.ts';
import { readWords } from './reading.ts';

type Loader = () => Promise<Command>;

/** The commands in the order of the help. */
const loaders: Readonly<Record<string, Loader>> = {
  info: async () => (await import('./info.ts')).info,
  top: async () => (await import('./top.ts')).top,
  queues: async () => (await import('./queues.ts')).queues,
  queue: async () => (await import('./queues.ts')).queue,
  jobs: async () => (await import('./jobs.ts')).jobs,
  retry: async () => (await import('./change.ts')).retry,
  kill: async () => (await import('./change.ts')).kill,
  discard: async () => (await import('./change.ts')).discard,
  schedule: async () => (await import('./change.ts')).schedule,
  move: async () => (await import('./change.ts')).move,
  prioritize: async () => (await import('./change.ts')).prioritize,
  push: async () => (await import('./push.ts')).push,
  workers: async () => (await import('./workers.ts')).workers,
  quiet: async () => (await import('./workers.ts')).quiet,
  stop: async () => (await import('./workers.ts')).stop,
  tail: async () => (await import('./tail.ts')).tail,
  doctor: async () => (await import('./doctor.ts')).doctor,
  backup: async () => (await import('./backups.ts')).backup,
  backups: async () => (await import('./backups.ts')).backups,
  verify: async () => (await import('./backups.ts')).verify,
  restore: async () => (await import('./backups.ts')).restore,
  purge: async () => (await import('./backups.ts')).purge,
  compact: async () => (await import('./repair.ts')).compact,
  salvage: async () => (await import('./repair.ts')).salvage,
  dump: async () => (await import('./dump.ts')).dump,
  load: async () => (await import('./dump.ts')).load,
  import: async () => (await import('./import.ts')).importing,
  tokens: async () => (await import('./tokens.ts')).tokens,
  completion: async () => (await import('./completion.ts')).completionOf(allCommands),
};

/** The names of all commands. */
export const commandNames: readonly string[] = Object.keys(loaders);

/** Loads all commands, for lists of them. */
export function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(loaders).map((load) => load()));
}

/** One line for each command, for the help of the program. */
export async function commandList(): Promise<string> {
  const all = await allCommands();
  return all.map(({ name, describe }) => `  ${name.padEnd(12)} ${describe}`).join('\n');
}

/**
 * The command at the beginning of `args`; undefined when they are empty or begin with a flag.
 * Throws CONFIG for an unknown name.
 */
export async function commandOf(args: readonly string[]): Promise<Command | undefined> {
  const [name] = args;
  if (name === undefined || name.startsWith('-')) return undefined;
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  if (load) return load();
  const near = nearest(name);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  throw new FaktoryError('CONFIG', `unknown command "${name}"${hint}; see faktory --help`);
}

function nearest(name: string): string | undefined {
  const distances = commandNames.map((known) => [known, distance(name, known)] as const);
  const [best] = distances.sort(([, a], [, b]) => a - b);
  return best !== undefined && best[1] <= Math.ceil(name.length / 3) ? best[0] : undefined;
}

/** The number of letters to insert, delete or change. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from.slice(0, 50)].entries()) {
    const next = [index + 1];
    for (let at = 0; at < to.length; at++) {
      const same = letter === to[at] ? 0 : 1;
      next.push(Math.min((row[at] ?? 0) + same, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Runs a command with the words after its name. Throws CONFIG for wrong usage. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const { words, flags, help } = readWords(command, args);
  if (help) {
    terminal.print(helpOf(command, terminal.width));
    return;
  }
  checkCount(command, words);
  const value: Call['value'] = (name) => {
    const found = flags.get(name);
    return typeof found === 'string' ? found : undefined;
  };
  await command.run({ words, value, on: (name) => flags.get(name) === true, terminal });
}

function checkCount(command: Command, words: readonly string[]): void {
  const [least, most] = command.words ?? [0, 0];
  if (words.length >= least && words.length <= most) return;
  const wrong =
    words.length < least
      ? 'something is missing'
      : `"${words[most]}" is one word too many (put a value with spaces into quotes)`;
  throw new FaktoryError(
    'CONFIG',
    `${wrong}; write faktory ${usageOf(command)}; see faktory ${command.name} --help`,
  );
}
