/**
 * Starts the built `faktory-worker` as a child process. The test must end `child`.
 *
 * Note: `says` searches only the output after its last match, so the same text must be printed
 * again to be found again.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const longest = { timeout: 20_000 };

export interface Program {
  child: ChildProcess;
  output: () => string;
  /** Code and signal, once all output is read. */
  exited: Promise<[number | null, string | null]>;
  /** Waits for this text in the output. */
  says: (wanted: RegExp) => Promise<RegExpExecArray>;
}

/** Starts the program in this folder, with these variables in addition to those of the test. */
export function startProgram(argv: readonly string[], cwd: string, env: Record<string, string>): Program {
  const child = spawn(process.execPath, [cli, ...argv], {
    cwd,
    env: { ...process.env, FORCE_COLOR: undefined, ...env }, // Vitest sets it on a terminal
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let read = 0;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const says = (wanted: RegExp): Promise<RegExpExecArray> =>
    vi.waitFor(() => {
      const found = wanted.exec(text.slice(read));
      if (found === null) throw new Error(`${wanted} is not in:\n${text.slice(read)}`);
      read += found.index + found[0].length;
      return found;
    }, longest);
  const exited = once(child, 'close') as Promise<[number | null, string | null]>;
  return { child, output: () => text, exited, says };
}
