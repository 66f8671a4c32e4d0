/**
 * The terminal of this process for commands: standard output and error, questions, Ctrl-C. Without
 * a terminal no question is asked, because a script would wait for ever.
 */
import { createInterface } from 'node:readline/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FaktoryError, visibleLines } from '@faktory-ts/protocol';
import type { Screen, Terminal } from './commands/command.ts';

/** The terminal of a process; `signal` is aborted by INT and TERM. */
export function terminalOf(process: NodeJS.Process, signal: AbortSignal): Terminal {
  const { stdin, stdout, stderr, env } = process;
  return {
    env,
    tty: stdout.isTTY === true,
    width: stdout.columns ?? 120,
    input: stdin,
    printAll: (lines) => pipeline(Readable.from(withEnds(lines)), stdout, { end: false }),
    print: (text) => void stdout.write(`${withColours(text)}\n`),
    note: (text) => void stderr.write(`${visibleLines(text)}\n`),
    signal,
    endable: (work) => withoutHandlers(process, work),
    screen: stdout.isTTY && stderr.isTTY ? screenOf(process) : undefined,
    async confirm(question) {
      if (!stdin.isTTY) {
        throw new FaktoryError('CONFIG', `${question} There is no terminal to ask on: use --yes to continue`);
      }
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(es)?$/i.test(
          (await lines.question(`${visibleLines(question)} [y/N] `, { signal })).trim(),
        );
      } finally {
        lines.close();
      }
    },
  };
}

/**
 * Without a handler the system ends the process at the signal, even while the event loop is
 * blocked.
 */
async function withoutHandlers<T>(process: NodeJS.Process, work: () => T | Promise<T>): Promise<T> {
  const handlers = (['SIGINT', 'SIGTERM'] as const).map((name) => [name, process.listeners(name)] as const);
  for (const [name] of handlers) process.removeAllListeners(name);
  try {
    return await work();
  } finally {
    for (const [name, listeners] of handlers) for (const listener of listeners) process.on(name, listener);
  }
}

/**
 * Escapes control characters in printed text, which may come from other programs, except our own
 * colours.
 */
export function withColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  const pieces = text.split(/(\u001b\[[\d;]*m)/);
  return pieces.map((piece, index) => (index % 2 === 0 ? visibleLines(piece) : piece)).join('');
}

const CSI = '\u001b[';

function screenOf({ stdin, stdout, stderr }: NodeJS.Process): Screen {
  return {
    get height() {
      return stdout.rows ?? 24;
    },
    progress: (text) => void stderr.write(`\r${CSI}K${text}`),
    take(heard) {
      const onKey = (key: Buffer): void => heard(key.toString());
      stdout.write(`${CSI}?1049h${CSI}?25l`);
      if (stdin.isTTY) stdin.setRawMode(true).on('data', onKey);
      return {
        draw: (text) => void stdout.write(`${CSI}H${text.replaceAll('\n', `${CSI}K\n`)}${CSI}J`),
        leave: () => {
          if (stdin.isTTY) stdin.setRawMode(false).off('data', onKey).pause();
          stdout.write(`${CSI}?25h${CSI}?1049l`);
        },
      };
    },
  };
}

function* withEnds(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}
