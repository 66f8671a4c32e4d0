/**
 * Runs the server in this process: start, log, stop by signals. Only this file and main.ts end the
 * process. A running server logs to standard output.
 */
import { createServer, type Logger, type Server } from '@faktory-ts/server';
import { announce, banner } from './announce.ts';
import { refuseBarred } from './barred.ts';
import { becomeOwner } from './become-owner.ts';
import type { Config } from './config.ts';
import { createLog } from './log.ts';
import { reload } from './reload.ts';
import { onSignals } from './signals.ts';
import { dumpState } from './state.ts';
import { tellSystemd } from './systemd.ts';
import { acceptTakeOver, startInPlace } from './take-over.ts';

const stopDeadline = 5000; // ms
const signalNumbers: Readonly<Record<string, number>> = { SIGINT: 2, SIGTERM: 15 };

/** Starts the server and returns once it listens. Throws what `start` of the server throws. */
export async function serve(read: () => Config, version: string, takeOver: boolean): Promise<void> {
  const config = read();
  process.stderr.write(banner(version));
  const { logLevel: level, logFormat: format } = config;
  const colour = process.stdout.isTTY && !process.env.NO_COLOR;
  const log = createLog({ level, format, colour, write: (line) => process.stdout.write(line) });
  for (const warning of config.warnings) log.warn(warning);
  endOnFault(log);
  becomeOwner(config.server.dir, { missing: 'make', log });
  refuseBarred(config.server.dir, 'by the server');
  const server = createServer({ ...config.server, log });
  const started = takeOver ? startInPlace(server, log) : server.start();
  let closeSocket = (): void => undefined;
  let stopping = false;
  let reloading = started;
  const beginStop = (reason: string): void => {
    stopping = true;
    tellSystemd(['STOPPING=1'], log);
    log.info(reason);
    // before the folder is free, because afterwards the socket belongs to the successor
    closeSocket();
    void stop(server, started, log);
  };
  onSignals(process, {
    stop: (signal) => beginStop(`${signal}: stopping; a second signal ends the process at once`),
    abandon: (signal) => end(log, 128 + (signalNumbers[signal] ?? 0), `${signal} again: ended at once`),
    reload: () => {
      reloading = reloading.then(() => reload(config, read, server, log));
    },
    dump: () => void dumpState(server, log),
  });
  await started;
  if (stopping) return;
  const onSuccessor = (): void => beginStop('another server takes over this data folder: stopping');
  const ports = (): number[] => [server.port, ...(server.httpPort === undefined ? [] : [server.httpPort])];
  closeSocket = await acceptTakeOver(server.dir, { ports, stop: onSuccessor }, log);
  announce(config, server, version, log);
  tellSystemd(['READY=1', `STATUS=listening at ${config.binding.text}`], log);
}

/** Stops the server, even while it is starting, and ends the process. */
async function stop(server: Server, started: Promise<void>, log: Logger): Promise<never> {
  const text = `not stopped after ${stopDeadline / 1000} s: ended; accepted jobs are safe`;
  setTimeout(() => end(log, 1, text), stopDeadline).unref();
  try {
    await started;
    await server.stop();
  } catch (error) {
    return end(log, 1, `could not stop cleanly: ${error}`);
  }
  return end(log, 0, 'stopped');
}

function end(log: Logger, code: number, message: string): never {
  if (code === 0) log.info(message);
  else log.error(message);
  process.exit(code);
}

/**
 * Ends the process at an uncaught error: a restart is tested, continuing after an unknown error is
 * not, and confirmed data is on disk.
 */
function endOnFault(log: Logger): void {
  const fault = (reason: unknown): never => {
    const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    return end(log, 1, `unexpected error, ended; start the server again, accepted jobs are safe: ${text}`);
  };
  process.on('uncaughtException', fault);
  process.on('unhandledRejection', fault);
}
