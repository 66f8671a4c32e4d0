/**
 * Parses the words after the name of a command. Values stay text; the last value of a repeated flag
 * counts. Errors never quote the value of a flag, because it may be a secret. Written by hand,
 * because loading a parser package took longer than most commands run.
 */
import { FaktoryError, minJidBytes } from '@faktory-ts/protocol';
import type { Command } from './command.ts';

/** The parsed words and flags. */
export interface Typed {
  readonly words: readonly string[];
  /** By long name; the value of a switch is true or false. */
  readonly flags: ReadonlyMap<string, string | boolean>;
  readonly help: boolean;
}

/** Parses the words. Throws CONFIG. */
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
    const [typed = '', given] = splitOnce(arg);
    const named = names.get(typed.replace(/^--?/, ''));
    if (!isFlag(arg) || (named === undefined && command.ids !== undefined && isId(arg))) {
      words.push(arg);
      continue;
    }
    const name = named ?? refuse(`unknown flag ${typed}${behindDashes(command, typed)}`);
    if (command.flags[name]?.value === undefined) {
      flags.set(name, switched(given) ?? refuse(`the flag ${typed} is a switch and takes no value`));
      continue;
    }
    const next = args[at + 1];
    // A value may begin with a dash, such as -1 and -3d, but a flag of this command is not a value.
    const follows = given === undefined && next !== undefined && !isNamed(next, names);
    const value = follows ? next : given;
    if (follows) at++;
    const dashed =
      given === undefined && next?.startsWith('--')
        ? `: write ${typed}=VALUE for a value that begins with --`
        : '';
    flags.set(name, value || refuse(`the flag ${typed} needs a value${dashed}`));
  }
  return { words, flags, help: flags.get('help') === true };
}

/** Whether it is a flag; a minus before a digit is a number. */
const isFlag = (arg: string): boolean => /^--?[a-z]/i.test(arg);

/**
 * Whether a word that begins with one dash can be a jid; a word with text after `=` cannot, because
 * that may be a secret.
 */
const isId = (arg: string): boolean => /^-[^-=][^=]*=*$/.test(arg) && arg.length >= minJidBytes;

function behindDashes({ ids, name }: Command, typed: string): string {
  return ids === undefined
    ? ''
    : `; ${ids} that begins with a dash goes after " -- ": faktory ${name} … -- ${typed}`;
}

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

/** Maps long names and aliases to long names. */
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
