/*
 * The flags of the `faktory-worker` program: names, defaults, help, and what they mean.
 * It must never act on them. A stranger would get wrong that yargs is told neither to print nor to exit: what it would have
 * printed is given back, and what it cannot understand becomes an error like any other.
 */

import { readFileSync } from 'node:fs';
import { FaktoryError } from '@faktory-ts/protocol';
import yargs from 'yargs';
import { logLevels } from './log-lines.ts';
import type { Queues } from './queues.ts';

const repeatable = { type: 'string', array: true, nargs: 1 } as const;

const flags = {
  require: {
    ...repeatable,
    alias: 'r',
    demandOption: true,
    describe:
      'File with handlers, .js or .ts: its default export { jobtype: handler }, else its named exports. Repeatable',
  },
  queue: {
    ...repeatable,
    alias: 'q',
    default: ['default'],
    describe: 'Queue to take jobs from: NAME in strict order, or NAME,WEIGHT. Repeatable',
  },
  concurrency: { alias: 'c', type: 'number', default: 10, describe: 'How many jobs run at once' },
  url: {
    alias: 'u',
    type: 'string',
    describe: 'tcp://:password@host:port [default: FAKTORY_PROVIDER, FAKTORY_URL, else tcp://localhost:7419]',
  },
  timeout: {
    alias: 't',
    type: 'number',
    default: 25,
    describe: 'Seconds that running jobs may take to end after TERM or INT',
  },
  label: { ...repeatable, default: [] as string[], describe: 'Label shown in the web UI. Repeatable' },
  'log-level': {
    alias: 'l',
    choices: logLevels,
    default: 'info',
    describe: 'Least level to print; warnings and errors always are',
  },
} as const;

const epilogue = `Signals: TERM, INT stop (a second one at once); TSTP takes no more jobs.
Exit status: 0 after a stop, 1 when it could not start.`;

/** What the flags say. */
export interface Arguments {
  require: string[];
  queue: string[];
  concurrency: number;
  url: string | undefined;
  /** Seconds. */
  timeout: number;
  label: string[];
  logLevel: (typeof logLevels)[number];
}

/** The arguments, or the text to print instead of running. Throws `CONFIG` for what cannot be understood. */
export function parseArguments(argv: readonly string[]): Promise<{ args?: Arguments; output: string }> {
  const parser = yargs([...argv])
    .scriptName('faktory-worker')
    .usage('$0 --require FILE [options]\n\nRuns jobs from a Faktory server with the handlers of your files.')
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
      else resolve({ args: args as unknown as Arguments, output });
    });
  });
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
