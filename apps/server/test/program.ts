/**
 * Starts the built program as a child process, with an empty environment and home, and reads its
 * output. Every test file must call `endAll` after each test, so that no process stays.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const running = new Set<Program>();
const folders: string[] = [];

export class Program {
  readonly child: ChildProcessWithoutNullStreams;
  /** The exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  out = '';
  err = '';
  #heard = (): void => undefined;

  constructor(args: readonly string[], env: Record<string, string>, through: readonly string[]) {
    const [command = '', ...words] = [...through, process.execPath, main, ...args];
    this.child = spawn(command, words, { env: { HOME: freshFolder(), ...env } });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.#hear('out', text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => this.#hear('err', text));
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        running.delete(this);
        resolve(code ?? signal ?? 'unknown');
        this.#heard();
      });
    });
    running.add(this);
  }

  /** Waits for a match on standard output. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.out);
      if (found) return found;
      if (!running.has(this)) throw new Error(`ended without ${pattern}: ${this.out}${this.err}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** The command port, once it listens. */
  async port(): Promise<number> {
    await this.says(/listening at/);
    return Number((await this.says(/port (\d+) was free|listening at \S*:(\d+)/)).slice(1).find(Boolean));
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async stop(): Promise<number | string> {
    this.signal('SIGTERM');
    return this.ended;
  }

  #hear(stream: 'out' | 'err', text: string): void {
    this[stream] += text;
    this.#heard();
  }
}

/**
 * Starts `faktory ARGS`, by the command `through` if one is given; `free` are the arguments for
 * free ports and no HTTP.
 */
export function faktory(
  args: readonly string[],
  env: Record<string, string> = {},
  through: readonly string[] = [],
): Program {
  return new Program(args, env, through);
}
export const free = ['-b', 'localhost:0', '-w', ':0'] as const;

export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'faktory-program-'));
  folders.push(folder);
  return folder;
}

/** The last output of the running programs. */
export function said(): string {
  return [...running].map(({ out, err }) => (out + err).slice(-1500)).join('\n');
}

/** Ends what the test left running and removes its folders. */
export async function endAll(): Promise<void> {
  for (const program of running) {
    program.signal('SIGKILL');
    await program.ended;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Takes a port and listens on it. */
export async function holdPort(): Promise<{ port: number; server: Server }> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, server };
}

/** Sends lines over one connection, and returns all answers once it has closed. */
export function converse(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    socket.on('error', reject).on('close', () => resolve(said));
    socket.on('data', (text: string) => {
      said += text;
    });
    socket.write(`${['HELLO {"v":2}', ...lines, 'END'].join('\r\n')}\r\n`);
  });
}
