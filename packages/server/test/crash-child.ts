/** Builds the crash test's program once and starts it as often as asked. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { bundled } from './bundled.ts';

let bundle: string | undefined;

/** Makes the program. */
export async function buildServer(): Promise<void> {
  bundle = await bundled('crash-server.ts');
}

export function removeServer(): void {
  if (bundle !== undefined) rmSync(bundle, { force: true });
}

/** A server in a process of its own. */
export class Child {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  #said = '';
  #killed = false;

  constructor(dir: string) {
    this.#process = spawn(process.execPath, [bundle ?? '', dir], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exited = once(this.#process, 'exit');
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
      });
    }
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The port, once it listens. Undefined when it was killed before. */
  async port(): Promise<number | undefined> {
    const until = performance.now() + 20_000;
    for (;;) {
      const port = /ready (\d+)/.exec(this.#said)?.[1];
      if (port !== undefined) return Number(port);
      if (this.#killed) return undefined;
      if (this.#process.exitCode !== null || performance.now() > until)
        throw new Error(`the server did not start: ${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Ends it as a power cut would. Throws when it had already ended by itself. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null) throw new Error(`the server ended by itself: ${this.#said}`);
    this.#killed = true;
    this.#process.kill('SIGKILL');
    const [, signal] = await this.#exited;
    if (signal !== 'SIGKILL') throw new Error(`the server ended by itself: ${this.#said}`);
  }
}
