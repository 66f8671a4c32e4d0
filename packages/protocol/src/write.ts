/*
 * The lines a client sends, put together on the client's side. It must never let user text end a line or
 * start a second word, nor write a null for an absent field. A stranger would get wrong that JSON.stringify
 * already keeps line breaks out of payloads; queue names are the only bare words, so they are checked.
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

/** A worker's sign of life, in the wire's names. */
export interface BeatPayload {
  wid: string;
  current_state?: WorkerState;
  /** Memory of the process, KiB. */
  rss_kb?: number;
  /** Longest time the worker's event loop stood still since its last beat, milliseconds. Ours; others ignore it. */
  lag_ms?: number;
  /** Jobs that the worker runs at once. Ours too. */
  slots?: number;
}

/** A hand-out by its two names, as FETCHB told them. */
export interface HandOutNames {
  jid: string;
  rid: string;
}

/**
 * Whole command lines, CRLF included, one line each.
 * Throws `INVALID` when a payload cannot be written as JSON or a queue has a name that no queue can have.
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

  // Only after the server took an EXT; see EXTENSIONS.md.
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
 * The object as JSON without its empty fields: absent must be absent, some servers and clients choke on null.
 */
function objectText(value: object): string {
  const present = Object.entries(value).filter(([, field]) => field !== undefined && field !== null);
  try {
    return JSON.stringify(Object.fromEntries(present));
  } catch (cause) {
    throw new FaktoryError('INVALID', `cannot be written as JSON: ${(cause as Error).message}`, { cause });
  }
}
