/**
 * Builds a test's program once and runs it as a process that can be killed. The process ends when
 * its parent is gone.
 *
 * Note: the bundle lies in node_modules, because its packages are found there and git ignores it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/**
 * Builds the program of a file of this folder; returns the path to start and the function that
 * removes it.
 */
export async function buildApp(name: string): Promise<{ program: string; remove(): void }> {
  const program = path(`../node_modules/.${name}-${process.pid}.mjs`);
  const require = createRequire(createRequire(import.meta.url).resolve('tsup'));
  const esbuild = require('esbuild') as { build(options: Record<string, unknown>): Promise<unknown> };
  await esbuild.build({
    entryPoints: [path(`./${name}.ts`)],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@faktory-ts/source'],
    external: ['@photostructure/sqlite', 'pg'],
    logLevel: 'warning',
  });
  return { program, remove: () => rmSync(program, { force: true }) };
}

export class AppChild {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  /** All its output. */
  said = '';
  #heard: () => void = () => {};

  constructor(program: string, args: readonly string[]) {
    this.#process = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exited = once(this.#process, 'exit');
    void this.#exited.then(() => this.#heard());
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.said += text;
        this.#heard();
      });
    }
  }

  /** Waits until it has written this many such lines. */
  async lines(start: string, count: number): Promise<string[]> {
    for (;;) {
      const found = this.said
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.startsWith(start));
      if (found.length >= count) return found.map((line) => line.slice(start.length));
      if (this.#process.exitCode !== null) throw new Error(`the program ended: ${this.said}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** Kills it like a power cut; its earlier output is still read. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
    if (!this.#process.stdout?.readableEnded)
      await once(this.#process.stdout as NonNullable<ChildProcess['stdout']>, 'end');
  }
}
