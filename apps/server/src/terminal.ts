/*
 * What commands may touch of this process: standard output and error, the person at the terminal, Ctrl-C.
 * It must never ask where nobody can answer: a script would wait for ever.
 */
import { createInterface } from 'node:readline/promises';
import { FaktoryError } from '@faktory-ts/protocol';
import type { Terminal } from './commands/command.ts';

/** The terminal of a process; `signal` is aborted by INT and TERM. */
export function terminalOf({ stdin, stdout, stderr, env }: NodeJS.Process, signal: AbortSignal): Terminal {
  return {
    env,
    tty: stdout.isTTY === true,
    width: stdout.columns ?? 120,
    print: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    signal,
    async confirm(question) {
      if (!stdin.isTTY) {
        throw new FaktoryError('CONFIG', `${question} Nobody can be asked here: say --yes to go on`);
      }
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
      } finally {
        lines.close();
      }
    },
  };
}
