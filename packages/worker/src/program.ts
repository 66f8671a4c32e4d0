/*
 * The `faktory-worker` program without the process around it: arguments in, exit code out.
 * It must never do what a library user could not: a flag fills one option. A stranger would get wrong that it ends not only by
 * a signal: the web UI can tell a worker to terminate.
 */

import { FaktoryError } from '@faktory-ts/protocol';
import { parseArguments, parseQueueFlags } from './flags.ts';
import { loadHandlers } from './load.ts';
import { lineLogger } from './log-lines.ts';
import { obeySignals, type SignalSource } from './signals.ts';
import { Worker } from './worker.ts';

/** What the program uses of its process. */
export interface Surroundings {
  cwd: string;
  stdout(text: string): void;
  stderr(text: string): void;
  signals: SignalSource;
}

/** Runs until the worker has stopped. Gives 0, or 1 when it could not start: the reason is on stderr. */
export async function run(argv: readonly string[], around: Surroundings): Promise<number> {
  try {
    const { args, output } = await parseArguments(argv);
    if (args === undefined) {
      around.stdout(`${output}\n`);
      return 0;
    }
    const log = lineLogger(args.logLevel, around.stdout);
    const worker = new Worker({
      handlers: await loadHandlers(args.require, around.cwd),
      queues: parseQueueFlags(args.queue),
      concurrency: args.concurrency,
      url: args.url,
      shutdownTimeout: args.timeout * 1000,
      labels: args.label,
      log,
    });
    const forget = obeySignals(worker, around.signals, log);
    try {
      await worker.start();
    } catch (error) {
      // Told to stop while it waited for the server: that is an end, not a fault.
      if (!(error instanceof FaktoryError && error.code === 'ABORTED')) throw error;
    }
    await worker.stopped;
    forget();
    return 0;
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    around.stderr(`faktory-worker: ${error.message}\n`);
    return 1;
  }
}
