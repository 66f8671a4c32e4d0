/*
 * The flags of the `faktory-worker` program: names, defaults, help, and what they mean.
 * It must never act on them. A stranger would get wrong that yargs is told neither to print nor to exit: what it would have
 * printed is given back, and what it cannot understand becomes an error like any other.
 */

import { readFileSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';
import yargs from 'yargs';
import { logFormats } from './define-config.ts';
import { type LogLevel, logLevels } from './log-lines.ts';
import type { Queues } from './queues.ts';

const repeatable = { type: 'string', array: true, nargs: 1 } as const;

// No defaults here: what was not given must not win over the config file. The described ones are the library's.
const flags = {
  require: {
    ...repeatable,
    alias: 'r',
    describe:
      'File with handlers, .js or .ts, or a folder of such files: a default export { jobtype: handler } or one handler (of the name of its file), else the named exports, in a folder those with a capital letter. Repeatable',
  },
  config: {
    type: 'string',
    describe: 'Config file; --no-config: none',
    defaultDescription: 'faktory.config.ts, .mts, .js, .mjs or .cjs, if there is one',
  },
  watch: {
    alias: 'w',
    type: 'boolean',
    describe: 'Start anew whenever code or JSON in this folder, or in those of the handlers, changes',
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
    describe: "The worker's certificate, where the server asks for one (PEM)",
    defaultDescription: 'FAKTORY_TLS_CERT',
  },
  'tls-key': {
    type: 'string',
    describe: 'The key of that certificate (PEM)',
    defaultDescription: 'FAKTORY_TLS_KEY',
  },
  'tls-ca': {
    type: 'string',
    describe: "Authorities of the server's certificate (PEM)",
    defaultDescription: 'FAKTORY_TLS_CA, else those of Node',
  },
  timeout: {
    alias: 't',
    type: 'number',
    describe: 'Seconds that running jobs may take to end after TERM or INT',
    defaultDescription: '25',
  },
  'job-timeout': {
    type: 'number',
    describe: "Seconds after which a job's signal is aborted, of jobtypes without a timeout of their own",
    defaultDescription: 'none',
  },
  'hard-timeout': {
    type: 'number',
    describe:
      'Seconds after which a job has failed whatever its handler does, of jobtypes without a hardTimeout of their own',
    defaultDescription: 'none',
  },
  label: { ...repeatable, describe: 'Label shown in the web UI. Repeatable' },
  http: {
    type: 'string',
    describe:
      '[HOST:]PORT to serve /health and /metrics on; without a host on localhost, 0.0.0.0:PORT for all',
    defaultDescription: 'off',
  },
  'health-window': {
    type: 'number',
    describe: 'Seconds ago that a fetch may have been answered last for /health to say healthy; 3 or more',
    defaultDescription: '30',
  },
  'log-level': {
    alias: 'l',
    choices: logLevels,
    describe: 'Least level to print; warnings and errors always are',
    defaultDescription: '"info"',
  },
  'log-format': {
    choices: logFormats,
    describe: 'Lines for people, or a JSON object a line',
    defaultDescription: '"json" when NODE_ENV or FAKTORY_ENV is production, else "text"',
  },
} as const;

const epilogue = `Flags win over the config file, where times are milliseconds: export default defineConfig({ … }).
Signals: TERM, INT stop (a second one at once); TSTP takes no more jobs; TTIN logs what runs now.
Exit status: 0 after a stop, 1 when it could not start.`;

/** What the flags say; undefined: not given. */
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

/** The arguments, or the text to print instead of running. Throws `CONFIG` for what cannot be understood. */
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

/** yargs makes a list of a flag that is given more than once. */
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

/** `a` and `b,3` as queues: strict order, or weights as soon as one has a weight; those without then weigh 1. */
export function parseQueueFlags(values: readonly string[]): Queues {
  const pairs = values.map((value): [name: string, weight: number | undefined] => {
    const [name = '', weight, ...rest] = value.split(',');
    if (weight === undefined) return [name, undefined];
    if (rest.length > 0 || !/^\d+(\.\d+)?$/.test(weight)) {
      throw new FaktoryError('CONFIG', `--queue ${value}: it must look like NAME or NAME,WEIGHT`);
    }
    return [name, Number(weight)];
  });
  const names = pairs.map(([name]) => name);
  // Two flags for one queue would vanish in the map of weights: let the check for names in order find them.
  if (pairs.every(([, weight]) => weight === undefined) || new Set(names).size < names.length) return names;
  return Object.fromEntries(pairs.map(([name, weight]) => [name, weight ?? 1]));
}
