/**
 * The `faktory-worker` program without its process: arguments in, exit code out. It uses only the
 * library's public options.
 *
 * Note: the program ends not only by a signal, because the web UI can tell a worker to terminate.
 */

import type { ChildProcess } from 'node:child_process';
import { FaktoryError } from '@faktory-ts/protocol';
import { type Arguments, parseArguments } from './flags.ts';
import type { Handlers } from './handlers.ts';
import { Health } from './health.ts';
import { type HttpServer, serve } from './http-server.ts';
import { loadHandlers } from './load.ts';
import { type Logger, loggerOf } from './log.ts';
import { jsonLogger } from './log-json.ts';
import { lineLogger, wantsColours } from './log-lines.ts';
import { Metrics } from './metrics.ts';
import { type ProgramOptions, programOptions } from './program-options.ts';
import { obeySignals, type SignalSource } from './signals.ts';
import { runWatched, type WatchedMessage } from './watch.ts';
import { Worker } from './worker.ts';

/** The parts of its process that the program uses. */
export interface Surroundings {
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdout(text: string): void;
  /** Whether stdout is a terminal. */
  isTerminal: boolean;
  stderr(text: string): void;
  signals: SignalSource;
  /** Starts this program with the same arguments as a child, with a channel. */
  spawnSelf(): ChildProcess;
  /** Present only in such a child. */
  tellParent?(message: WatchedMessage): void;
}

/**
 * Runs until the worker has stopped. Returns 0, or 1 when it could not start, with the reason on
 * stderr.
 */
export async function run(argv: readonly string[], around: Surroundings): Promise<number> {
  const say = (message: string): void => around.stderr(`faktory-worker: ${message}\n`);
  try {
    const { args, output } = await parseArguments(argv);
    if (args === undefined) {
      around.stdout(`${output}\n`);
      return 0;
    }
    if (args.watch !== true || around.tellParent !== undefined) return await work(args, around);
    const { cwd, signals, spawnSelf } = around;
    return await runWatched({ start: () => spawnSelf(), folders: [cwd], signals, say });
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    say(error.message);
    return 1;
  }
}

async function work(args: Arguments, around: Surroundings): Promise<number> {
  const { cwd, env, signals } = around;
  const options = await programOptions(args, cwd, env);
  around.tellParent?.({ folders: options.folders });
  const passedOver: string[] = [];
  const handlers = await allHandlers(options, cwd, (text) => passedOver.push(text));
  const log = options.worker.log === undefined ? ownLog(options, around) : loggerOf(options.worker.log);
  for (const text of passedOver) log.info(text);
  const { worker, http } = await assemble(options, handlers, log);
  const forget = obeySignals(worker, signals, log);
  try {
    await worker.start();
  } catch (error) {
    // Stopped while it waited for the server: a normal end, not an error.
    if (!(error instanceof FaktoryError && error.code === 'ABORTED')) throw error;
  } finally {
    await worker.stopped;
    await http?.stop();
    forget();
  }
  return worker.crashed ? 1 : 0;
}

function ownLog({ logFormat, logLevel }: ProgramOptions, { stdout, isTerminal, env }: Surroundings): Logger {
  if (logFormat === 'json') return jsonLogger(logLevel, stdout);
  return lineLogger(logLevel, stdout, wantsColours(isTerminal, env));
}

async function allHandlers(
  { require, worker }: ProgramOptions,
  cwd: string,
  onPassedOver: (text: string) => void,
): Promise<Handlers> {
  const loaded = await loadHandlers(require, cwd, onPassedOver);
  const { handlers: configured = {} } = worker;
  if (require.length === 0 && Object.keys(configured).length === 0) {
    const text = 'no handlers: use --require FILE, or set require or handlers in a config file';
    throw new FaktoryError('CONFIG', `${text}\nTry faktory-worker --help`);
  }
  const twice = Object.keys(configured).find((jobtype) => Object.hasOwn(loaded, jobtype));
  if (twice !== undefined) {
    throw new FaktoryError(
      'CONFIG',
      `a handler for ${twice} is both in the config file and in a required file`,
    );
  }
  // The worker checks their types.
  return { ...configured, ...loaded } as Handlers;
}

interface Assembled {
  worker: Worker;
  http: HttpServer | undefined;
}

async function assemble(
  { worker: configured, http: address, healthWindow: window }: ProgramOptions,
  handlers: Handlers,
  log: Logger,
): Promise<Assembled> {
  const options = { catchUncaught: true, ...configured };
  if (address === undefined) return { worker: new Worker({ ...options, handlers, log }), http: undefined };
  const { concurrency = 10, beatInterval, observer: own = [] } = options;
  const metrics = new Metrics(Object.keys(handlers));
  const health = new Health({ concurrency, window, beatInterval });
  const observer = [own, metrics, health].flat();
  const worker = new Worker({ ...options, handlers, log, observer });
  const pages = {
    health: () => health.report(worker),
    metrics: () => metrics.text({ busy: worker.busy, concurrency }),
  };
  const http = await serve(address, pages).catch(async (error: unknown) => {
    await worker.stop();
    throw error;
  });
  log.info(`/health and /metrics on http://${http.address}`);
  return { worker, http };
}
