/**
 * The command line of the server: flags, their meaning, and --help. Values stay text here. No flag
 * takes a password, because command lines are public (ps).
 *
 * Go's style and ours both work: `-b x`, `-b=x`, `--b x`, `--bind x`, `--bind=x`. The last value of
 * a repeated flag counts.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Options } from 'yargs';
import { type LimitName, limits } from './limits.ts';
import { parserOf } from './parser.ts';

const words = {
  bind: { alias: 'b', describe: 'address for commands, :7419 = all interfaces', normal: 'localhost:7419' },
  web: { alias: 'w', describe: 'address of the web UI, :0 = no HTTP', normal: 'localhost:7420' },
  environment: {
    alias: 'e',
    describe: 'development, staging or production; the last two require a password',
    normal: 'FAKTORY_ENV, else development',
  },
  'log-level': {
    alias: 'l',
    describe: 'error, warn, info or debug; warnings and errors are always logged',
    normal: 'info',
  },
  'log-format': { describe: 'text, or json for machines', normal: 'text' },
  dir: { alias: 'd', describe: 'data folder', normal: '/var/lib/faktory/db, in development ~/.faktory/db' },
  config: {
    alias: 'c',
    describe: 'configuration folder: its conf.d/*.toml are read',
    normal: '/etc/faktory, in development ~/.faktory',
  },
  'tls-key': {
    describe: 'private key of the server (PEM)',
    normal: 'CONFIG/private.key.pem, if it is there',
  },
  'tls-cert': {
    describe: 'certificate of the server, PEM',
    normal: 'CONFIG/public.cert.pem, if it is there',
  },
  'tls-client-ca': { describe: 'authorities of client certificates (PEM); clients then need a certificate' },
  sync: {
    describe:
      'when +OK is on disk: full = before it is sent, relaxed = within a second, off = no fsync, a power cut can lose accepted jobs',
    normal: 'full',
  },
  description: { describe: 'server.description in INFO', normal: 'Faktory' },
} as const;

/** Every flag that takes a value. */
type FlagName = keyof typeof words | LimitName;
/** The flags that were typed, by long name. */
export type Flags = Partial<Record<FlagName, string>>;
/** The request of the command line. */
export type Asked =
  | { readonly help: string }
  | { readonly version: true }
  | { readonly flags: Flags; readonly takeOver: boolean; readonly skipPassword: boolean };

const epilogue = `Environment:
  FAKTORY_ENV            the default of --environment
  FAKTORY_PASSWORD       the password; a value that begins with / is a file with one or several passwords, one per line
  FAKTORY_SKIP_PASSWORD  1, true or yes: like --skip-password
  FAKTORY_BACKUP_FREQUENCY  time between backups, such as 30m; overrides [backups] every
  DD_DOGSTATSD_URL       address of StatsD, such as udp://host:8125

A password is required in staging and production, and when -b or -w is not on localhost, so that other machines can reach it.

TOML files in CONFIG/conf.d: [faktory] password, binding; [web] password, binding, redact, proxies, hosts; [tls] key, cert, client_ca; [backups] every, keep; [statsd] location, namespace, tags, queueLatency; [limits] with the keys above.`;

/**
 * Parses the words after the program's name; the help lists the commands too. Throws CONFIG with
 * the bad flag.
 */
export async function parseFlags(
  args: readonly string[],
  commandList: () => Promise<string> = async () => '',
): Promise<Asked> {
  const parser = describe(args);
  const given: Record<string, unknown> = await parser.parseAsync();
  if (given.help === true) return { help: `${usage}${await commandList()}\n\n${await parser.getHelp()}` };
  if (given.version === true) return { version: true };
  const surplus = (given._ as unknown[])[0];
  if (surplus !== undefined)
    throw new FaktoryError('CONFIG', `"${surplus}" is neither a command nor a flag${seeHelp}`);
  const flags: Flags = {};
  for (const name of flagNames) {
    const value = given[name];
    if (value === '') throw new FaktoryError('CONFIG', `the flag --${name} needs a value${seeHelp}`);
    if (typeof value === 'string') flags[name] = value;
  }
  return { flags, takeOver: given['take-over'] === true, skipPassword: given['skip-password'] === true };
}

const usage = `Usage: faktory [flags]            starts the server: a Faktory-compatible job server
       faktory COMMAND [flags]    uses a running server or a data folder; see faktory COMMAND --help

Commands:
`;
const seeHelp = '; see faktory --help';
const flagNames = [...Object.keys(words), ...limits.map((limit) => limit.name)] as FlagName[];

function describe(args: readonly string[]) {
  return parserOf(args, seeHelp)
    .scriptName('faktory')
    .options(options())
    .group(
      [
        'environment',
        'bind',
        'web',
        'dir',
        'config',
        'tls-key',
        'tls-cert',
        'tls-client-ca',
        'sync',
        'description',
        'log-level',
        'log-format',
        'take-over',
        'skip-password',
      ],
      'Flags:',
    )
    .group(flagNames.slice(Object.keys(words).length), 'Limits, also keys of [limits] in the TOML files:')
    .group(['version', 'help'], 'Other:')
    .epilogue(epilogue);
}

function options(): Record<string, Options> {
  const all: Record<string, Options> = {
    version: { alias: 'v', type: 'boolean', describe: 'print name and version' },
    help: { alias: 'h', type: 'boolean', describe: 'print this' },
    'take-over': {
      type: 'boolean',
      describe: 'stop the server that uses the data folder, and start in its place',
    },
  };
  all['skip-password'] = {
    type: 'boolean',
    describe: 'start without a required password; every client then has all rights',
  };
  for (const [name, word] of Object.entries(words)) {
    const { describe, normal, ...rest } = { normal: undefined, ...word };
    all[name] = {
      ...rest,
      describe,
      type: 'string',
      requiresArg: true,
      ...(normal && { defaultDescription: normal }),
    };
  }
  for (const { name, normal, meaning } of limits) {
    all[name] = { type: 'string', requiresArg: true, describe: meaning, defaultDescription: `${normal}` };
  }
  return all;
}
