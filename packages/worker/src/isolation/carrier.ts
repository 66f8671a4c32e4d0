/**
 * One interface for a thread or a child process: it takes orders, sends reports, can be killed, and
 * says how it died.
 *
 * Note: `died` is called exactly once, after an exit, a crash, lack of memory, a kill, or a failed
 * start.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { failureOf } from '../failure.ts';
import { inSource } from '../thread-files.ts';
import type { Order, Report } from './messages.ts';
import type { Seating } from './options.ts';

/** Events of a carrier. */
export interface CarrierEvents {
  report(report: Report): void;
  /** Called once, with a clause such as "the thread ended with code 3". */
  died(how: string): void;
}

export interface Carrier {
  /** Does nothing once the carrier is dead; `died` has reported that. */
  post(order: Order): void;
  /** Ends it at once, whatever runs there. */
  kill(): void;
}

export function openCarrier(jobtype: string, seating: Seating, events: CarrierEvents): Carrier {
  return seating.in === 'thread' ? openThread(jobtype, seating, events) : openProcess(seating, events);
}

function openThread(jobtype: string, { memoryLimit, entry }: Seating, events: CarrierEvents): Carrier {
  const resourceLimits = memoryLimit === undefined ? {} : { maxOldGenerationSizeMb: memoryLimit };
  const thread = new Worker(entry, { name: jobtype, resourceLimits, ...(inSource && { execArgv: [] }) });
  let why: string | undefined;
  thread.on('message', events.report);
  thread.on('error', (error: unknown) => {
    const { code } = (error ?? {}) as { code?: unknown };
    why =
      code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? 'the thread ran out of memory'
        : `an uncaught error ended the thread (${failureOf(error).message})`;
  });
  thread.on('exit', (code) => events.died(why ?? `the thread ended with code ${code}`));
  return { post: (order) => thread.postMessage(order), kill: () => void thread.terminate() };
}

function openProcess({ memoryLimit, entry }: Seating, events: CarrierEvents): Carrier {
  const limit = memoryLimit === undefined ? [] : [`--max-old-space-size=${memoryLimit}`];
  // In the source tree leave out the flags that make Node read source.
  const ownFlags = inSource ? [] : withoutScript(process.execArgv);
  const child = fork(fileURLToPath(entry), {
    execArgv: [...ownFlags, ...limit],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let why: string | undefined;
  let dead = false;
  const die = (how: string): void => {
    if (!dead) events.died(why ?? how);
    dead = true;
  };
  child.on('message', (message) => {
    const report = message as Report;
    if (report.say === 'uncaught') why = `an uncaught error ended the process (${report.message})`;
    else events.report(report);
  });
  child.on('exit', (code, signal) => die(exitText(code, signal)));
  child.on('error', (error) => {
    if (child.pid === undefined) die(`the process could not be started (${error.message})`);
  });
  return { post: (order) => send(child, order), kill: () => void child.kill('SIGKILL') };
}

/** Node's flags without a script of the command line (`-e`), which would run again. */
function withoutScript(flags: readonly string[]): string[] {
  const at = flags.findIndex((flag) => /^(-e|-p|-pe|--eval|--print)$/.test(flag));
  return at < 0 ? [...flags] : flags.toSpliced(at, 2);
}

function send(child: ChildProcess, order: Order): void {
  // The callback turns off the `error` event: a child that cannot be reached is dead, and `exit`
  // reports it.
  if (child.connected) child.send(order, () => {});
}

function exitText(code: number | null, signal: string | null): string {
  if (signal === null) return `the process ended with code ${code}`;
  const hint = signal === 'SIGABRT' ? '; Node does this when it is out of memory' : '';
  return `the process was ended by ${signal}${hint}`;
}
