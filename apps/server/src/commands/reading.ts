/*
 * Reads what was typed behind the name of a command: values stay text, the last one of a repeated flag counts. A message never quotes
 * the value of a flag, because it may be a secret. Written by hand: loading a parser's package took longer than most commands run.
 */
import { FaktoryError, minJidBytes } from '@faktory-ts/protocol';
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
    const [typed = '', given] = splitOnce(arg);
    const named = names.get(typed.replace(/^--?/, ''));
    if (!isFlag(arg) || (named === undefined && command.ids !== undefined && isId(arg))) {
      words.push(arg);
      continue;
    }
    const name = named ?? refuse(`unknown flag ${typed}${behindDashes(command, typed)}`);
    if (command.flags[name]?.value === undefined) {
      flags.set(name, switched(given) ?? refuse(`the flag ${typed} is on or off: it takes no value`));
      continue;
    }
    const next = args[at + 1];
    // A value may begin with a dash, as -1 and -3d do; a flag of this command is no value.
    const follows = given === undefined && next !== undefined && !isNamed(next, names);
    const value = follows ? next : given;
    if (follows) at++;
    const dashed =
      given === undefined && next?.startsWith('--')
        ? `: write ${typed}=VALUE for one that begins with --`
        : '';
    flags.set(name, value || refuse(`the flag ${typed} needs a value${dashed}`));
  }
  return { words, flags, help: flags.get('help') === true };
}

/** A minus with a digit behind it is a number. */
const isFlag = (arg: string): boolean => /^--?[a-z]/i.test(arg);

/** What a jid may look like that begins with one dash; nothing behind a `=`, which may be a secret. */
const isId = (arg: string): boolean => /^-[^-=][^=]*=*$/.test(arg) && arg.length >= minJidBytes;

function behindDashes({ ids, name }: Command, typed: string): string {
  return ids === undefined
    ? ''
    : `; ${ids} that begins with a dash goes behind " -- ": faktory ${name} … -- ${typed}`;
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
