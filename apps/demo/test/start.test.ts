/**
 * Tests `npm start` as a user runs it: its jobs, its output, and its end.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';

const top = resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'faktory-start-'));
const freePorts = ['-b', '127.0.0.1:0', '-w', '127.0.0.1:0', '-d', folder, '-c', folder];
const children: ChildProcess[] = [];

afterEach(() => {
  // Kill the group of a failed test, or its server would keep running.
  for (const { pid, exitCode } of children.splice(0))
    if (pid && exitCode === null) process.kill(-pid, 'SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A running `npm start`, in its own process group, as a terminal would make it. */
class Start {
  output = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(args: string[]) {
    const script = join(top, 'scripts/bootstrap.mjs');
    this.child = spawn(process.execPath, [script, 'start', ...args], { detached: true });
    children.push(this.child);
    this.ended = new Promise((done) => this.child.on('close', done));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
        this.child.emit('said');
      });
    }
  }

  /** Resolves when the output matches. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found;
      await new Promise<void>((said, gone) => {
        this.child.once('said', said);
        this.child.once('close', () => gone(new Error(`ended without ${pattern}: ${this.output}`)));
      });
    }
  }

  /** Sends Ctrl-C: the terminal signals the whole group. Returns the exit code. */
  async ctrlC(): Promise<number | null> {
    process.kill(-(this.child.pid as number), 'SIGINT');
    return this.ended;
  }
}

test('npm start runs jobs, says where everything is, and ends within two seconds of Ctrl-C', async () => {
  const start = new Start(freePorts);
  const [, port] = await start.says(/jobs {2}tcp:\/\/127\.0\.0\.1:(\d+)/);
  const [, site] = await start.says(/web {3}(http:\S+)/);
  expect(start.output).toContain(`data  ${folder}`);
  await start.says(/demo {2}SendEmail .*: sent/);
  const info = (await (await fetch(`${site}/stats`)).json()) as { server: { name: string } };
  expect(await (await fetch(site as string)).text()).toContain('<div id="page">');
  expect([Number(port) > 0, info.server.name]).toEqual([true, 'faktory-ts']);
  const asked = performance.now();
  expect(await start.ctrlC()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(2000);
});

test('the line for pushing a job by hand works when pasted into a shell', async () => {
  const start = new Start(freePorts);
  const [, line] = await start.says(/by hand from another terminal:\n +(node .*)\n/);
  expect(execFileSync('sh', ['-c', line as string]).toString()).toMatch(/^\+HI .*\r\n\+OK\r\n\+OK\r\n$/);
  await start.says(/SayHello: hello, you/);
  expect(await start.ctrlC()).toBe(0);
});

test('--no-demo is the server alone, and a signal to the script alone ends it too', async () => {
  const start = new Start(['--no-demo', ...freePorts]);
  await start.says(/demo {2}off/);
  start.child.kill('SIGTERM');
  expect(await start.ended).toBe(0);
  expect(start.output).not.toContain('SendEmail');
});

test('a second start names the process that holds the folder and ends with 1', async () => {
  const first = new Start(['--no-demo', ...freePorts]);
  const [, pid] = await first.says(/PID (\d+) listening/);
  const second = new Start(freePorts);
  expect(await second.ended).toBe(1);
  expect(second.output).toContain(`held by process ${pid}`);
  expect(await first.ctrlC()).toBe(0);
});
