/**
 * The entry of a thread or child process: loads the module of a handler, and runs its jobs one
 * after another. carrier.ts starts it; no module imports it.
 *
 * Note: the signals that a terminal sends to all processes are ignored here, because the worker
 * decides when this process ends.
 */

import { inspect } from 'node:util';
import { isMainThread, parentPort } from 'node:worker_threads';
import type { Job } from '@faktory-ts/protocol';
import { createContext } from '../context.ts';
import { failureOf } from '../failure.ts';
import type { Logger } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import { copyError, restoreError } from './error-copy.ts';
import { type Call, loadCall } from './load-call.ts';
import type { Order, Report } from './messages.ts';

let call: Call | undefined;
let current: { run: number; control: AbortController } | undefined;
/** Pending calls of extend(), by their number. */
const asked = new Map<number, { resolve(held: boolean): void; reject(error: unknown): void }>();
let questions = 0;

const tell: (report: Report) => void =
  parentPort === null ? (report) => void process.send?.(report) : (report) => parentPort?.postMessage(report);

async function obey(order: Order): Promise<void> {
  if (order.say === 'load') await load(order.file, order.jobtype);
  else if (order.say === 'run') await run(order.run, order.job, order.args);
  else if (order.say === 'abort') {
    if (current?.run === order.run) current.control.abort(restoreError(order.reason));
  } else {
    const { resolve, reject } = asked.get(order.call) ?? {};
    asked.delete(order.call);
    if (order.error === undefined) resolve?.(order.held ?? false);
    else reject?.(restoreError(order.error));
  }
}

async function load(file: string, jobtype: string): Promise<void> {
  try {
    call = await loadCall(file, jobtype);
    tell({ say: 'loaded' });
  } catch (error) {
    tell({ say: 'not loaded', error: copyError(error) });
  }
}

async function run(number: number, job: Job, args: readonly unknown[]): Promise<void> {
  const control = new AbortController();
  current = { run: number, control };
  let verdict: Outcome | undefined;
  const end = (outcome: Outcome): void => {
    verdict ??= outcome;
  };
  const context = createContext({
    job,
    signal: control.signal,
    log: logOf(number),
    extend: extender(number),
    end,
  });
  const failure = await Promise.resolve()
    .then(() => call?.(context, args))
    .then(
      () => undefined,
      (thrown: unknown) => ({ error: copyError(thrown) }),
    );
  current = undefined;
  const memory = isMainThread ? process.memoryUsage.rss() : process.memoryUsage().heapUsed;
  tell({ say: 'ended', run: number, ...(verdict && { verdict }), ...failure, memory });
}

function extender(number: number): (seconds: number) => Promise<boolean> {
  return (seconds) =>
    new Promise((resolve, reject) => {
      asked.set(++questions, { resolve, reject });
      tell({ say: 'extend', run: number, call: questions, seconds });
    });
}

function logOf(number: number): Logger {
  const writer =
    (level: keyof Logger): Logger['info'] =>
    (message, fields = {}) => {
      try {
        tell({ say: 'log', run: number, level, message, fields });
      } catch {
        // A field that cannot be copied, such as a function: send its text.
        const texts = Object.entries(fields).map(([name, value]) => [name, inspect(value)]);
        tell({ say: 'log', run: number, level, message: String(message), fields: Object.fromEntries(texts) });
      }
    };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

if (parentPort !== null) {
  parentPort.on('message', (order: Order) => void obey(order));
} else {
  process.on('message', (order: Order) => void obey(order));
  process.on('disconnect', () => process.exit());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGTSTP'] as const) process.on(signal, () => {});
  process.on('uncaughtException', (error: unknown) => {
    const { errtype, message } = failureOf(error);
    process.send?.({ say: 'uncaught', message: `${errtype}: ${message}` } satisfies Report, () =>
      process.exit(1),
    );
  });
}
