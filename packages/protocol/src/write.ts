/**
 * Writes the command lines of clients. Absent fields are left out, never sent as null.
 *
 * Note: JSON.stringify escapes line breaks, so payloads cannot end a line. Queue names are the only
 * bare words, so they are checked.
 */

import type { WorkerState } from './command.ts';
import { FaktoryError } from './errors.ts';
import type { ExtensionAsk } from './extension.ts';
import type { FailWish } from './hand-outs.ts';
import type { Hello } from './handshake.ts';
import type { Job } from './job.ts';
import { checkQueueName } from './job-rules.ts';
import type { Mutation } from './mutate.ts';

/** What a worker reports about a job that failed. */
export interface FailPayload {
  jid: string;
  errtype?: string;
  message?: string;
  backtrace?: readonly string[];
}

/** The payload of BEAT. */
export interface BeatPayload {
  wid: string;
  current_state?: WorkerState;
  /** Memory of the process, KiB. */
  rss_kb?: number;
  /**
   * Longest block of the worker's event loop since its last beat, milliseconds. Extension; other
   * servers ignore it.
   */
  lag_ms?: number;
  /** Number of jobs that the worker can run at once. Extension. */
  slots?: number;
}

/** A hand-out, named by jid and reservation id. */
export interface HandOutNames {
  jid: string;
  rid: string;
}

/**
 * Complete command lines with CRLF. Throws `INVALID` when a payload cannot be written as JSON or a
 * queue name is not valid.
 *
 * @example
 * ```ts
 * write.push({ jid: newJid(), jobtype: 'Mail', args: [7] });
 * write.fetch(['critical', 'default']); // 'FETCH critical default\r\n'
 * ```
 */
export const write = {
  push: (job: Job): string => `PUSH ${objectText(job)}\r\n`,
  pushBulk: (jobs: readonly Job[]): string => `PUSHB ${listText(jobs)}\r\n`,
  fetch: (queues: readonly string[]): string => `FETCH ${queueWords(queues)}\r\n`,
  ack: (jid: string): string => `ACK ${objectText({ jid })}\r\n`,
  fail: (payload: FailPayload): string => `FAIL ${objectText(payload)}\r\n`,
  beat: (payload: BeatPayload): string => `BEAT ${objectText(payload)}\r\n`,
  info: (): string => 'INFO\r\n',
  flush: (): string => 'FLUSH\r\n',
  mutate: (mutation: Mutation): string => `MUTATE ${objectText(mutation)}\r\n`,
  queue(sub: 'PAUSE' | 'RESUME' | 'REMOVE' | 'LATENCY', names: readonly string[] | '*'): string {
    const list = typeof names === 'string' ? [names] : names;
    for (const name of list) if (name !== '*') checkQueueName(name);
    return `QUEUE ${[sub, ...list].join(' ')}\r\n`;
  },
  end: (): string => 'END\r\n',
  hello: (hello: Hello): string => `HELLO ${objectText(hello)}\r\n`,

  // Only after the server accepted EXT; see EXTENSIONS.md.
  ext: (ask: ExtensionAsk): string => `EXT ${objectText(ask)}\r\n`,
  fetchBulk: (count: number, queues: readonly string[]): string =>
    `FETCHB ${count} ${queueWords(queues)}\r\n`,
  ackBulk: (ended: readonly HandOutNames[]): string => `ACKB ${listText(ended)}\r\n`,
  failBulk: (ended: readonly (HandOutNames & FailPayload & FailWish)[]): string =>
    `FAILB ${listText(ended)}\r\n`,
  release: (unused: readonly HandOutNames[]): string => `RELEASE ${listText(unused)}\r\n`,
  extend: (longer: readonly (HandOutNames & { seconds: number })[]): string =>
    `EXTEND ${listText(longer)}\r\n`,
};

function listText(entries: readonly object[]): string {
  return `[${entries.map(objectText).join(',')}]`;
}

function queueWords(queues: readonly string[]): string {
  if (queues.length === 0) throw new FaktoryError('INVALID', 'must call fetch with at least one queue');
  for (const name of queues) checkQueueName(name);
  return queues.join(' ');
}

/**
 * The object as JSON without its absent fields, because some servers and clients cannot read null.
 */
function objectText(value: object): string {
  const present = Object.entries(value).filter(([, field]) => field !== undefined && field !== null);
  try {
    return JSON.stringify(Object.fromEntries(present));
  } catch (cause) {
    throw new FaktoryError('INVALID', `cannot be written as JSON: ${(cause as Error).message}`, { cause });
  }
}
