/*
 * What `npm start` shows: a producer and a worker in one process, on the server that FAKTORY_URL names.
 * Ends with 0 when asked to (INT, TERM, or the worker told to terminate), with 1 when the server cannot be worked with.
 * A stranger would get wrong that a signal may come twice, from the terminal and from the script that started this: the second
 * one changes nothing.
 */
import { Client, FaktoryError } from '@faktory-ts/client';
import { Worker } from '@faktory-ts/worker';
import { type DemoJobs, handlers } from './jobs.ts';
import { produce } from './producer.ts';

const patience = 700; // ms that running jobs get at the end; the start script kills us after 1 s

const ending = new AbortController();
// At the end the server may be gone before us: what the worker then warns about is of no use to anybody.
const tell = (message: string): void => {
  if (!ending.signal.aborted) console.error(`  demo  ${message}`);
};
const log = {
  debug() {},
  info() {},
  warn: (message: string, fields?: Record<string, unknown>) =>
    tell(`${message}${fields?.jid ? ` (${fields.jid})` : ''}`),
  error: tell,
};

const client = new Client<DemoJobs>();
const worker = new Worker<DemoJobs>({
  queues: { payments: 3, default: 2, images: 1 },
  concurrency: 5,
  labels: ['demo'],
  handlers,
  shutdownTimeout: patience,
  log,
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort());
ending.signal.addEventListener('abort', () => void worker.stop());
void worker.stopped.then(() => ending.abort());

try {
  await worker.start();
  await produce(client, ending.signal);
} catch (error) {
  if (!ending.signal.aborted || !(error instanceof FaktoryError && error.code === 'ABORTED')) {
    tell(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
  ending.abort();
}
await Promise.all([worker.stopped, client.close()]);
