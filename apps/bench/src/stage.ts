/**
 * The measured server: the built program in its own process, on a free port, with a temporary data
 * folder.
 *
 * Note: the load must run in another process, otherwise both would be measured as one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Client, type Info } from '@faktory-ts/client';

const program = fileURLToPath(new URL('../../server/dist/main.js', import.meta.url));
const probe = new URL('./loop-probe.js', import.meta.url).href;
const ticksPerSecond = 100; // unit of a process's time on Linux

/** One run of the server. */
export class Stage {
  readonly port: number;
  readonly url: string;
  /** Seconds from the start of the process until it logged that it listens. */
  readonly readyAfter: number;
  readonly dir: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, dir: string, readyAfter: number) {
    this.#child = child;
    this.port = port;
    this.url = `tcp://127.0.0.1:${port}`;
    this.dir = dir;
    this.readyAfter = readyAfter;
  }

  /**
   * Starts a server, on an existing data folder if one is given, with more flags and TOML settings;
   * `probed` for {@link longestTurn}.
   */
  static async start(
    sync: string,
    folder?: string,
    more: readonly string[] = [],
    {
      web = ':0',
      config,
      probed = false,
    }: { web?: string; config?: string | undefined; probed?: boolean } = {},
  ): Promise<Stage> {
    const dir = folder ?? mkdtempSync(join(tmpdir(), 'faktory-bench-'));
    if (config !== undefined) {
      mkdirSync(join(dir, 'conf.d'), { recursive: true });
      writeFileSync(join(dir, 'conf.d', 'bench.toml'), config);
    }
    const started = performance.now();
    const args = ['-b', '127.0.0.1:0', '-w', web, '-d', join(dir, 'db'), '-c', dir, '--sync', sync, ...more];
    const child = spawn(process.execPath, [...(probed ? ['--import', probe] : []), program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', ...(probed ? (['ipc'] as const) : [])],
      env: environment(),
    });
    const { stdout } = child as { stdout: Readable };
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        said += chunk;
      });
    }
    while (!said.includes('listening at')) {
      if (child.exitCode !== null) throw new Error(`the server did not start:\n${said}`);
      await Promise.race([once(stdout, 'data'), once(child, 'close')]);
    }
    const port = Number(/port (\d+) was free/.exec(said)?.[1] ?? /listening at \S*:(\d+)/.exec(said)?.[1]);
    return new Stage(child, port, dir, (performance.now() - started) / 1000);
  }

  /**
   * Processor time so far, seconds; undefined where the system does not report it (all but Linux).
   */
  cpu(): number | undefined {
    try {
      const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    } catch {
      return undefined;
    }
  }

  /**
   * `12.3 µs of processor time a command`: time since an earlier {@link cpu}, divided by `count`;
   * empty where the system does not report it.
   */
  costSince(before: number | undefined, count: number, what = 'command'): string {
    const now = this.cpu();
    if (now === undefined || before === undefined) return '';
    return `, ${(((now - before) / count) * 1e6).toFixed(1)} µs of processor time a ${what}`;
  }

  /**
   * Processor time of the longest turn of the server's event loop while `run` ran, milliseconds.
   */
  async longestTurn(run: () => Promise<void>): Promise<number> {
    await this.#ask('watch');
    await run();
    return Number(await this.#ask('longest'));
  }

  async #ask(what: string): Promise<unknown> {
    this.#child.send(what);
    return (await once(this.#child, 'message'))[0];
  }

  async info(): Promise<Info> {
    const client = new Client({ url: this.url });
    try {
      return await client.info();
    } finally {
      await client.close();
    }
  }

  /** Stops the server; `keep` keeps its data folder. */
  async stop(keep = false): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await closed;
    if (!keep) rmSync(this.dir, { recursive: true, force: true });
  }
}

// Without the settings of other servers, which would change the results.
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FAKTORY_')));
}
