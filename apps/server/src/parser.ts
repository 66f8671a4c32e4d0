/**
 * The parser of the server's flags: values stay text, the last value of a repeated flag counts, and
 * errors name the flag as it was typed, but never a value, which may be a secret. The process is
 * never ended here. Commands use commands/reading.ts, which loads faster.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import yargs, { type Argv } from 'yargs';

/** Makes a parser without flags. It throws CONFIG, with `seeHelp` after the reason. */
export function parserOf(args: readonly string[], seeHelp: string): Argv {
  return yargs([...args])
    .help(false) // both are our own, because yargs would end the process
    .version(false)
    .parserConfiguration({
      'short-option-groups': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
      'boolean-negation': false,
      'dot-notation': false,
    })
    .detectLocale(false)
    .exitProcess(false)
    .strict()
    .wrap(110)
    .fail((message, error) => {
      throw new FaktoryError('CONFIG', plainly(error?.message ?? message, args) + seeHelp);
    });
}

/** Rewrites the parser's message with the flag as it was typed. */
function plainly(message: string, args: readonly string[]): string {
  const [, what, names = ''] = /^(Unknown|Not enough) arguments?(?: following)?: (.*)$/.exec(message) ?? [];
  if (what === undefined) return message;
  const typed = names.split(', ').map((name) => {
    return args.map((arg) => arg.split('=')[0] ?? '').find((arg) => arg.replace(/^-+/, '') === name) ?? name;
  });
  if (what !== 'Unknown') return `the flag ${typed.join(', ')} needs a value`;
  const stray = typed.find((name) => args.includes(name) && !name.startsWith('-'));
  return stray === undefined
    ? `unknown flag ${typed.join(', ')}`
    : `"${stray}" is neither a command nor a flag`;
}
