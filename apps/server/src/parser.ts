/*
 * How the server's flags are read: values stay text, the last one of a repeated flag counts, and what is wrong is told with the flag as
 * it was typed. Commands are read by commands/reading.ts, which loads faster.
 * It must never end the process or write anything. A stranger would get wrong that a message never quotes a value: it may be a secret.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import yargs, { type Argv } from 'yargs';

/** A parser without flags of its own. It throws CONFIG, with `seeHelp` behind the reason. */
export function parserOf(args: readonly string[], seeHelp: string): Argv {
  return yargs([...args])
    .help(false) // both are ours: yargs would end the process
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

/** The parser's message with the flag as it was typed. */
function plainly(message: string, args: readonly string[]): string {
  const [, what, names = ''] = /^(Unknown|Not enough) arguments?(?: following)?: (.*)$/.exec(message) ?? [];
  if (what === undefined) return message;
  const typed = names.split(', ').map((name) => {
    return args.map((arg) => arg.split('=')[0] ?? '').find((arg) => arg.replace(/^-+/, '') === name) ?? name;
  });
  if (what !== 'Unknown') return `the flag ${typed.join(', ')} needs a value`;
  const stray = typed.find((name) => args.includes(name) && !name.startsWith('-'));
  return stray === undefined ? `unknown flag ${typed.join(', ')}` : `"${stray}" is no command and not a flag`;
}
