/**
 * The flags of the `faktory-worker` program: names, defaults, help, and parsing.
 *
 * Note: yargs must neither print nor exit, because tests and callers need the text: what it would
 * print is returned, and what it cannot parse becomes an error.
 */

import { readFileSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';
import yargs from 'yargs';
import { logFormats } from './define-config.ts';
import { type LogLevel, logLevels } from './log-lines.ts';
import type { Queues } from './queues.ts';

const repeatable = { type: 'string', array: true, nargs: 1 } as const;

// No defaults here: a missing flag must not override the config file. The texts name the library's.
const flags = {
  require: {
    ...repeatable,
    alias: 'r',
    describe:
      'File with handlers (.js or .ts), or a folder of such files. A file has a default export { jobtype: handler }, or one handler as the default export (the file name is its jobtype), or named exports (in a folder only those with a capital letter). Repeatable',
  },
  config: {
    type: 'string',
    describe: 'Config file; --no-config: none',
    defaultDescription: 'faktory.config.ts, .mts, .js, .mjs or .cjs, if there is one',
  },
  watch: {
    alias: 'w',
    type: 'boolean',
    describe: 'Restart when code or JSON changes in this folder or in the folders of the handlers',
  },
  queue: {
    ...repeatable,
    alias: 'q',
    describe: 'Queue to take jobs from: NAME in strict order, or NAME,WEIGHT. Repeatable',
    defaultDescription: '"default"',
  },
  concurrency: {
    alias: 'c',
    type: 'number',
    describe: 'How many jobs run at once',
    defaultDescription: '10',
  },
  url: {
    alias: 'u',
    type: 'string',
    describe: 'tcp://:password@host:port',
    defaultDescription: 'FAKTORY_PROVIDER, FAKTORY_URL, else tcp://localhost:7419',
  },
  'tls-cert': {
    type: 'string',
    describe: "The worker's certificate (PEM), when the server requires one",
    defaultDescription: 'FAKTORY_TLS_CERT',
  },
  'tls-key': {
    type: 'string',
    describe: 'The private key of that certificate (PEM)',
    defaultDescription: 'FAKTORY_TLS_KEY',
  },
  'tls-ca': {
    type: 'string',
    describe: 'Certificate authorities that the worker trusts (PEM)',
    defaultDescription: 'FAKTORY_TLS_CA, else those of Node',
  },
  timeout: {
    alias: 't',
    type: 'number',
    describe: 'Seconds that running jobs have to end after TERM or INT',
    defaultDescription: '25',
  },
  'job-timeout': {
    type: 'number',
    describe: "Seconds until a job's signal is aborted; for jobtypes without their own timeout",
    defaultDescription: 'none',
  },
  'hard-timeout': {
    type: 'number',
    describe:
      'Seconds until a job fails whatever its handler does; for jobtypes without their own hardTimeout',
    defaultDescription: 'none',
  },
  label: { ...repeatable, describe: 'Label shown in the web UI. Repeatable' },
  http: {
    type: 'string',
    describe: '[HOST:]PORT to serve /health and /metrics on; default host localhost, 0.0.0.0 for all',
    defaultDescription: 'disabled',
  },
  'health-window': {
    type: 'number',
    describe: '/health is healthy when a fetch was answered in the last N seconds; 3 or more',
    defaultDescription: '30',
  },
  'log-level': {
    alias: 'l',
    choices: logLevels,
    describe: 'Lowest level to print; warnings and errors are always printed',
    defaultDescription: '"info"',
  },
  'log-format': {
    choices: logFormats,
    describe: 'Plain text, or one JSON object per line',
    defaultDescription: '"json" when NODE_ENV or FAKTORY_ENV is production, else "text"',
  },
} as const;

const epilogue = `Flags win over the config file, where times are milliseconds: export default defineConfig({ … }).
Signals: TERM, INT stop (a second one at once); TSTP fetches no more jobs; TTIN logs the running jobs.
Exit status: 0 after a stop, 1 when it could not start.`;

/** The parsed flags; undefined: not given. */
export interface Arguments {
  require: string[] | undefined;
  /** False: no config file. */
  config: string | false | undefined;
  watch: boolean | undefined;
  queue: string[] | undefined;
  concurrency: number | undefined;
  url: string | undefined;
  tlsCert: string | undefined;
  tlsKey: string | undefined;
  tlsCa: string | undefined;
  /** Seconds. */
  timeout: number | undefined;
  /** Seconds. */
  jobTimeout: number | undefined;
  /** Seconds. */
  hardTimeout: number | undefined;
  label: string[] | undefined;
  http: string | undefined;
  /** Seconds. */
  healthWindow: number | undefined;
  logLevel: LogLevel | undefined;
  logFormat: (typeof logFormats)[number] | undefined;
}

/**
 * Returns the arguments, or the text to print instead of running. Throws `CONFIG` for bad flags.
 */
export function parseArguments(argv: readonly string[]): Promise<{ args?: Arguments; output: string }> {
  const parser = yargs([...argv])
    .scriptName('faktory-worker')
    .usage(
      '$0 [--require FILE] [options]\n\nRuns jobs from a Faktory server with the handlers of your files.',
    )
    .options(flags)
    .epilogue(epilogue)
    .version(ownVersion())
    .alias({ help: 'h', version: 'v' })
    .strict()
    .wrap(100);
  return new Promise((resolve, reject) => {
    void parser.parse([...argv], {}, (error, args, output) => {
      if (error) reject(new FaktoryError('CONFIG', `${error.message}\nTry faktory-worker --help`));
      else if (args.help || args.version) resolve({ output });
      else if (twice(args) !== undefined)
        reject(new FaktoryError('CONFIG', `--${twice(args)} can be given once only`));
      else resolve({ args: args as unknown as Arguments, output });
    });
  });
}

/** The name of a flag that was given more than once: yargs makes a list of it. */
function twice(args: Record<string, unknown>): string | undefined {
  const lists = ['require', 'queue', 'label', '_'];
  return Object.keys(args).find(
    (name) => Array.isArray(args[name]) && name.length > 1 && !lists.includes(name),
  );
}

function ownVersion(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

/**
 * Parses `a` and `b,3`: strict order, or weights when one has a weight; the others then weigh 1.
 */
export function parseQueueFlags(values: readonly string[]): Queues {
  const pairs = values.map((value): [name: string, weight: number | undefined] => {
    const [name = '', weight, ...rest] = value.split(',');
    if (weight === undefined) return [name, undefined];
    if (rest.length > 0 || !/^\d+(\.\d+)?$/.test(weight)) {
      throw new FaktoryError('CONFIG', `--queue ${value}: use NAME or NAME,WEIGHT`);
    }
    return [name, Number(weight)];
  });
  const names = pairs.map(([name]) => name);
  // A map of weights would hide a queue that is given twice; the list of names reports it.
  if (pairs.every(([, weight]) => weight === undefined) || new Set(names).size < names.length) return names;
  return Object.fromEntries(pairs.map(([name, weight]) => [name, weight ?? 1]));
}
