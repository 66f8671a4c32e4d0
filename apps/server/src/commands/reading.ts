/*
 * Reads what was typed behind the name of a command: values stay text, the last one of a repeated flag counts. A message never quotes
 * the value of a flag, because it may be a secret. Written by hand: loading a parser's package took longer than most commands run.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Command } from './command.ts';

/** What was typed. */
export interface Typed {
  readonly words: readonly string[];
  /** By long name; a switch is true or false. */
  readonly flags: ReadonlyMap<string, string | boolean>;
  readonly help: boolean;
}

/** Reads the words. Throws CONFIG. */
export function readWords(command: Command, args: readonly string[]): Typed {
  const names = namesOf(command);
  const flags = new Map<string, string | boolean>();
  const words: string[] = [];
  const refuse = (problem: string): never => {
    throw new FaktoryError('CONFIG', `${problem}; see faktory ${command.name} --help`);
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      words.push(...args.slice(at + 1));
      break;
    }
    if (!isFlag(arg)) {
      words.push(arg);
      continue;
    }
    const [typed = '', given] = splitOnce(arg);
    const name = names.get(typed.replace(/^--?/, '')) ?? refuse(`unknown flag ${typed}`);
    if (command.flags[name]?.value === undefined) {
      flags.set(name, switched(given) ?? refuse(`the flag ${typed} is on or off: it takes no value`));
      continue;
    }
    const next = args[at + 1];
    // A value may begin with a dash, as -1 and -3d do; a flag of this command is no value.
    const follows = given === undefined && next !== undefined && !isNamed(next, names);
    const value = follows ? next : given;
    if (follows) at++;
    flags.set(name, value || refuse(`the flag ${typed} needs a value`));
  }
  return { words, flags, help: flags.get('help') === true };
}

/** A minus with a digit behind it is a number. */
const isFlag = (arg: string): boolean => /^--?[a-z]/i.test(arg);

function splitOnce(arg: string): [string, string?] {
  const at = arg.indexOf('=');
  return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}

function isNamed(arg: string, names: ReadonlyMap<string, string>): boolean {
  const [typed] = splitOnce(arg);
  return arg === '--' || (isFlag(arg) && (typed.startsWith('--') || names.has(typed.slice(1))));
}

function switched(given: string | undefined): boolean | undefined {
  if (given === undefined || given === 'true') return true;
  return given === 'false' ? false : undefined;
}

/** Long names and aliases to long names. */
function namesOf({ flags }: Command): ReadonlyMap<string, string> {
  const names = new Map([
    ['help', 'help'],
    ['h', 'help'],
  ]);
  for (const [name, { alias }] of Object.entries(flags)) {
    names.set(name, name);
    if (alias !== undefined) names.set(alias, name);
  }
  return names;
}
