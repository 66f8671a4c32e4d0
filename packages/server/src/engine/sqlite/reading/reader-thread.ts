/**
 * The reader's own thread: searches and pages on a connection that only reads, while the engine's thread goes on. It must never write.
 *
 * One bite at a time, and between two it listens: so a search that was given up is not begun. While the engine's thread has much to do, it
 * rests after a bite for as long as that took: processors share memory and caches, and a search at full speed cost the wire a tenth.
 */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openReader, type ReaderReply, type ReaderRequest, readerError, type ToReader } from './reader.ts';
import { read } from './readings.ts';

const PATIENCE = 2000; // ms, with a lock of another process

beModest();
const db = openReader(workerData as string, PATIENCE);
const waiting = new Map<number, ReaderRequest>();
let atWork = false;

parentPort?.on('message', (message: ToReader) => {
  if ('ask' in message) {
    waiting.set(message.id, message);
    if (!atWork) setImmediate(next);
    atWork = true;
  } else if ('forget' in message) waiting.delete(message.forget);
  else end();
});

function end(): void {
  waiting.clear();
  db.close();
  parentPort?.close();
}

function next(): void {
  const [request] = waiting.values();
  atWork = request !== undefined;
  if (!request) return;
  waiting.delete(request.id);
  const begun = performance.now();
  parentPort?.postMessage(answer(request));
  if (request.busy) setTimeout(next, performance.now() - begun);
  else setImmediate(next);
}

function answer({ id, name, ask }: ReaderRequest): ReaderReply {
  try {
    return { id, answer: read(db, name, ask) };
  } catch (error) {
    return { id, error: readerError(error) };
  }
}

/**
 * Where the processor is short, the wire goes first. Linux has priorities for single threads, named by their links in /proc; elsewhere
 * the thread takes its equal share.
 */
function beModest(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (thread > 0) setPriority(thread, 10);
  } catch {
    // not Linux, or not allowed
  }
}
