/**
 * Runs the searches of pages in their own thread, on a connection that only reads. It must never
 * write.
 *
 * It reads one bite at a time and handles messages between bites, so a cancelled search is not
 * started. While the engine's thread is busy, it pauses after a bite for as long as the bite took:
 * threads share memory and caches, and a search at full speed slowed the wire by a tenth.
 */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openReader, type ReaderReply, type ReaderRequest, readerError, type ToReader } from './reader.ts';
import { read } from './readings.ts';

const PATIENCE = 2000; // ms that it waits for a lock of another process

lowerPriority();
const { path, identity } = workerData as { path: string; identity: string | undefined };
const db = openReader(path, identity, PATIENCE);
const waiting = new Map<number, ReaderRequest>();
let working = false;

parentPort?.on('message', (message: ToReader) => {
  if ('ask' in message) {
    waiting.set(message.id, message);
    if (!working) setImmediate(next);
    working = true;
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
  working = request !== undefined;
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
