/**
 * Runs the searches of pages in their own thread, on a connection that only reads. It must never
 * write.
 *
 * It reads one piece of a bite at a time (turns.ts) and handles messages between pieces, so a cancelled
 * search ends with its present piece. While the engine's thread is busy, it pauses after a piece for as
 * long as the piece took: threads share memory and caches, and a search at full speed slowed the wire by a
 * tenth.
 */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openReader, type ReaderReply, readerError, type ToReader } from './reader.ts';
import { type ReadingAnswer, type ReadingName, read } from './readings.ts';
import { type Ended, Turns } from './turns.ts';

const PATIENCE = 2000; // ms that it waits for a lock of another process

lowerPriority();
const { path, identity } = workerData as { path: string; identity: string | undefined };
const db = openReader(path, identity, PATIENCE);
const turns = new Turns(({ name, ask }) => read(db, name, ask));
let working = false;

parentPort?.on('message', (message: ToReader) => {
  if ('ask' in message) {
    turns.add(message);
    if (!working) setImmediate(next);
    working = true;
  } else if ('forget' in message) turns.delete(message.forget);
  else end();
});

function end(): void {
  turns.clear();
  db.close();
  parentPort?.close();
}

function next(): void {
  const begun = performance.now();
  const turn = turns.next();
  working = turn !== undefined;
  if (!turn) return;
  if (turn.ended) parentPort?.postMessage(replyOf(turn.ended));
  if (turn.request.busy) setTimeout(next, performance.now() - begun);
  else setImmediate(next);
}

function replyOf({ id, result }: Ended): ReaderReply {
  if ('answer' in result) return { id, answer: result.answer as ReadingAnswer<ReadingName> };
  return { id, error: readerError(result.error) };
}

/**
 * Lowers the priority of this thread, so that the engine's thread gets a busy processor first.
 * Linux has priorities for single threads, found through /proc; elsewhere the thread keeps the
 * normal one.
 */
function lowerPriority(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (thread > 0) setPriority(thread, 10);
  } catch {
    // not Linux, or not allowed: normal priority
  }
}
