/**
 * The demo of `npm start`: a producer and a worker in one process, on the server of FAKTORY_URL.
 * Exits with 0 after INT, TERM or terminate, and with 1 when the server cannot be used.
 *
 * Note: a signal can come twice, from the terminal and from the start script; the second one has no
 * effect.
 */
import { Client, FaktoryError } from '@faktory-ts/client';
import { Worker } from '@faktory-ts/worker';
import { type DemoJobs, handlers } from './jobs.ts';
import { produce } from './producer.ts';

// ms that running jobs have at the end; the start script kills this process after 1 s
const patience = 700;

const ending = new AbortController();
// At the end the server may stop first; do not print the warnings of the worker then.
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
