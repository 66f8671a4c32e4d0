/*
 * The program `faktory`: flags, environment and TOML in, a running server out.
 * The only file that ends the process. Exit status 0: stopped when asked; 1: could not start, or failed; 128 + signal:
 * asked twice. A start that fails says why in one line on standard error; a running server logs to standard output.
 */
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { FaktoryError } from '@faktory-ts/protocol';
import { createServer, type Logger, type Server } from '@faktory-ts/server';
import { announce, banner, name } from './announce.ts';
import { type Config, readConfig } from './config.ts';
import { type Flags, parseFlags } from './flags.ts';
import { createLog } from './log.ts';
import { onSignals } from './signals.ts';
import { dumpState } from './state.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
const stopDeadline = 5000; // ms
const signalNumbers: Readonly<Record<string, number>> = { SIGINT: 2, SIGTERM: 15 };

// Whoever reads our output may go away (`faktory | head`, a closed terminal). The jobs are worth more than the log.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  let flags: Flags = {};
  try {
    const asked = await parseFlags(args);
    if ('help' in asked) process.stdout.write(`${asked.help}\n`);
    else if ('version' in asked) process.stdout.write(`${name} ${version}\n`);
    else {
      flags = asked.flags;
      await serve(
        readConfig(flags, { env: process.env, home: homedir, passwordFile: '/etc/faktory/password' }),
      );
    }
  } catch (error) {
    refuse(error, flags['log-format'] === 'json');
  }
}

async function serve(config: Config): Promise<void> {
  process.stderr.write(banner(version));
  const { logLevel: level, logFormat: format } = config;
  const colour = process.stdout.isTTY && !process.env.NO_COLOR;
  const log = createLog({ level, format, colour, write: (line) => process.stdout.write(line) });
  for (const warning of config.warnings) log.warn(warning);
  endOnFault(log);
  const server = createServer({ ...config.server, log });
  const started = server.start();
  let stopping = false;
  onSignals(process, {
    stop: (signal) => {
      stopping = true;
      log.info(`${signal}: stopping; a second signal ends the process at once`);
      void stop(server, started, log);
    },
    abandon: (signal) => end(log, 128 + (signalNumbers[signal] ?? 0), `${signal} again: ended at once`),
    reload: () => log.warn('SIGHUP: the configuration is read at the start only; restart to change it'),
    dump: () => void dumpState(server, log),
  });
  await started;
  if (!stopping) announce(config, server, version, log);
}

/** Stops in order and ends; also a server that is still starting. */
async function stop(server: Server, started: Promise<void>, log: Logger): Promise<never> {
  const text = `not stopped after ${stopDeadline / 1000} s: ended; what was accepted is safe`;
  setTimeout(() => end(log, 1, text), stopDeadline).unref();
  try {
    await started;
    await server.stop();
  } catch (error) {
    return end(log, 1, `could not stop in order: ${error}`);
  }
  return end(log, 0, 'stopped');
}

function end(log: Logger, code: number, message: string): never {
  if (code === 0) log.info(message);
  else log.error(message);
  process.exit(code);
}

/** A restart is tested, going on after a fault is not; whatever was confirmed is on disk. */
function endOnFault(log: Logger): void {
  const fault = (reason: unknown): never => {
    const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    return end(log, 1, `unexpected fault, ended; start again, accepted jobs are safe: ${text}`);
  };
  process.on('uncaughtException', fault);
  process.on('unhandledRejection', fault);
}

/** Says why there is no server, and ends. */
function refuse(error: unknown, json: boolean): never {
  const unexpected = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = error instanceof FaktoryError ? error.message : `unexpected fault: ${unexpected}`;
  const write = (line: string): boolean => process.stderr.write(line);
  if (json) createLog({ level: 'error', format: 'json', colour: false, write }).error(message);
  else write(`faktory: ${message}\n`);
  process.exit(1);
}
