/**
 * A real Postgres of the system's package, in its own folder. It listens only on a socket in that
 * folder, so a Postgres of the machine is not touched.
 *
 * Note: Postgres refuses to run as root; then it runs as the user that the package created.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';

const packaged = '/usr/lib/postgresql';

/** The folder of its programs; undefined: not installed. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(packaged) ? readdirSync(packaged).sort((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => path.join(packaged, version, 'bin'))
    .find((bin) => existsSync(path.join(bin, 'initdb')));
}

export class Postgres {
  /** The folder of its socket: `host` for a client. */
  readonly dir: string;
  readonly #process: ChildProcess;

  private constructor(dir: string, process: ChildProcess) {
    this.dir = dir;
    this.#process = process;
  }

  static async start(bin: string): Promise<Postgres> {
    const dir = mkdtempSync(path.join(tmpdir(), 'faktory-postgres-'));
    const root = process.getuid?.() === 0;
    const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    const as = root ? ['setpriv', `--reuid=${id('-u')}`, `--regid=${id('-g')}`, '--clear-groups'] : [];
    if (root) chownSync(dir, id('-u'), id('-g'));
    const run = (program: string, args: string[]): [string, string[]] => {
      const [first = '', ...rest] = [...as, path.join(bin, program), ...args];
      return [first, rest];
    };
    const data = path.join(dir, 'data');
    const made = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8'];
    execFileSync(...run('initdb', made), { cwd: dir, stdio: 'pipe' });
    const settings = ['-D', data, '-k', dir, '-c', 'listen_addresses=', '-c', 'fsync=off'];
    const child = spawn(...run('postgres', settings), { cwd: dir, stdio: 'ignore' });
    const server = new Postgres(dir, child);
    await vi.waitFor(
      () => execFileSync(...run('pg_isready', ['-h', dir, '-U', 'postgres']), { stdio: 'ignore' }),
      {
        timeout: 30_000,
        interval: 100,
      },
    );
    return server;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGINT');
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
    rmSync(this.dir, { recursive: true, force: true });
  }
}
