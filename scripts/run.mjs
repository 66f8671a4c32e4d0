/** Starts programs, forwards signals to them, and reports how they ended. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './stamps.mjs';

/**
 * Delay before a signal is forwarded to children that still run: a terminal's Ctrl-C reaches the
 * children too, a `kill` only this process.
 */
export const ECHO = 250; // ms

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs a program to its end; resolves with its exit code, or 128 + N when signal N ended it. */
export async function run(command, args, options = {}) {
  const { cwd = root, env = process.env, stdio = 'inherit', onOutput } = options;
  const shell = process.platform === 'win32' && !/\.exe$/i.test(command);
  const child = spawn(command, args, { cwd, env, stdio, shell });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', onOutput);
  const forward = (signal) => setTimeout(() => tell(child, signal), ECHO).unref();
  for (const signal of signals) process.on(signal, forward);
  try {
    return await exitCode(child);
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}

/**
 * {@link run} without output: returns what the program printed. Throws when a signal arrived
 * meanwhile.
 */
export async function runQuietly(command, args, options = {}) {
  const chunks = [];
  let stopped;
  const note = (signal) => {
    stopped = signal;
  };
  for (const signal of signals) process.on(signal, note);
  const onOutput = (chunk) => chunks.push(chunk);
  const code = await run(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], onOutput });
  for (const signal of signals) process.off(signal, note);
  if (stopped) throw Object.assign(new Error('Stopped.'), { exitCode: 128 + constants.signals[stopped] });
  return { code, output: Buffer.concat(chunks).toString() };
}

/** Sends a signal to a child that still runs. */
export function tell(child, signal) {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
}

/** Resolves with a child's exit code, or 128 + N for signal N. */
export function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
