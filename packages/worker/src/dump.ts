/**
 * Logs what a worker is doing, to find out why it hangs: its jobs, the stack, and the open handles.
 * Never logs arguments of jobs.
 *
 * Note: a handler that awaits has no stack, so the open handles show what it may be waiting for.
 */

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from './log.ts';
import type { RunningJob } from './slots.ts';

/** Writes the dump to the log: one line for each job, stack frame and kind of handle. */
export function dump(running: readonly RunningJob[], log: Logger, report: Report = ownReport()): void {
  log.info('running jobs', { count: running.length });
  for (const { job, startedAt } of running) {
    const { jid, jobtype, queue = 'default' } = job;
    const seconds = Math.round(performance.now() - startedAt) / 1000;
    log.info('running', { jid, jobtype, queue, seconds });
  }
  const frames = (report.javascriptStack?.stack ?? []).filter(
    (frame) => !frame.includes('node:') && !ownFile(frame),
  );
  if (frames.length === 0)
    log.info('stack: none, no handler holds the event loop; one that awaits has no stack');
  for (const frame of frames) log.info(`stack: ${frame}`);
  // Of the handles that do not keep the process alive, only connections are of interest.
  const handles = (report.libuv ?? []).filter(
    (handle) => handle.is_active && (handle.is_referenced || handle.remoteEndpoint),
  );
  const names = handles.map(nameOf);
  for (const name of new Set(names)) {
    log.info(`open: ${name}`, { count: names.filter((other) => other === name).length });
  }
}

interface Handle {
  type: string;
  is_active?: boolean;
  is_referenced?: boolean;
  localEndpoint?: Endpoint | null;
  remoteEndpoint?: Endpoint | null;
}

interface Endpoint {
  host?: string;
  ip4?: string;
  ip6?: string;
  port?: number;
}

/** The parts of Node's diagnostic report that are used. */
export interface Report {
  javascriptStack?: { stack?: readonly string[] };
  libuv?: readonly Handle[];
}

function ownReport(): Report {
  // Otherwise Node asks the DNS for the name of each peer, which blocks the process.
  Object.assign(process.report ?? {}, { excludeNetwork: true });
  return (process.report?.getReport() ?? {}) as Report;
}

const ownFolder = path.dirname(fileURLToPath(import.meta.url)) + path.sep;

function ownFile(frame: string): boolean {
  return frame.replace('file://', '').includes(ownFolder);
}

function nameOf({ type, localEndpoint, remoteEndpoint }: Handle): string {
  if (remoteEndpoint) return `${type} to ${addressOf(remoteEndpoint)}`;
  if (localEndpoint) return `${type} on ${addressOf(localEndpoint)}`;
  return type;
}

function addressOf({ host, ip4, ip6, port }: Endpoint): string {
  return `${ip4 ?? ip6 ?? host}:${port}`;
}
