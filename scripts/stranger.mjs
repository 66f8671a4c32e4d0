/**
 * An empty project with the tarballs of dist-packages/, as a user would have it, and helpers to try
 * them: starting and stopping programs, counting steps. Uses only the tarballs of the checkout.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packed } from './pack.mjs';

export const dir = mkdtempSync(join(tmpdir(), 'faktory-packed-'));
export const file = (name, text) => writeFileSync(join(dir, name), text);
export const bin = (name) => join(dir, 'node_modules', '.bin', name);
const children = [];

/** Installs the tarballs and packages named beside them, with npm. */
export function install(...more) {
  file('package.json', '{ "name": "stranger", "private": true }');
  const wanted = [...readdirSync(packed).map((name) => join(packed, name)), ...more];
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...wanted];
  execFileSync('npm', args, { cwd: dir, stdio: 'inherit' });
}

/**
 * Installs the tarballs like `npm install -g` in a folder of their own; returns the path of a
 * program.
 */
export function installForAll(program) {
  const prefix = join(dir, 'for-all');
  const wanted = readdirSync(packed).map((name) => join(packed, name));
  const args = [
    'install',
    '-g',
    '--prefix',
    prefix,
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--loglevel=error',
  ];
  execFileSync('npm', [...args, ...wanted], { cwd: dir, stdio: 'inherit' });
  return join(prefix, 'bin', program);
}

/** Starts the server; returns its URL. */
export async function startServer() {
  const args = ['-b', '127.0.0.1:0', '-w', ':0', '-d', join(dir, 'db'), '-c', dir];
  const [, port] = await started(bin('faktory'), args, /port (\d+) was free[\s\S]*press Ctrl-C/);
  return `tcp://127.0.0.1:${port}`;
}

/** Starts a program and resolves with the match of the pattern in its output. */
export async function started(command, args, pattern, env = {}) {
  const child = spawn(command, args, { cwd: dir, env: { ...process.env, ...env } });
  children.push(child);
  const ended = once(child, 'close').then(() => 'ended');
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  while (!pattern.test(said)) {
    const news = await Promise.race([once(child.stdout, 'data'), ended]);
    if (news === 'ended' && !pattern.test(said)) throw new Error(`${command} ended:\n${said}`);
  }
  return pattern.exec(said);
}

/** Stops the program that was started last; its exit code must be 0. */
export async function stopLast() {
  const child = children.pop();
  child.kill();
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`it ended with ${code}`);
}

/** Runs the steps one after another up to the first failure, stops every program, and counts. */
export async function trySteps(steps) {
  const tally = { passed: 0, failed: 0 };
  for (const [name, act] of Object.entries(steps)) {
    const start = performance.now();
    try {
      await act();
      tally.passed++;
      console.log(`ok     ${name} (${Math.round((performance.now() - start) / 1000)} s)`);
    } catch (error) {
      tally.failed++;
      console.error(`FAILED ${name}`, error);
      break;
    }
  }
  for (const child of children) child.kill();
  await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'close')));
  rmSync(dir, { recursive: true, force: true });
  console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
  process.exitCode = tally.failed;
}
