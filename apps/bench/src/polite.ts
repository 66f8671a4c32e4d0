/*
 * A polite client in a thread of its own: one small command at a time, each timed. The longest wait is how long the server's event
 * loop was held. Note: the command is unknown to the server, so that it waits for no commit.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const socket = connect(workerData as number, '127.0.0.1').setNoDelay(true);
let longest = 0;

parentPort?.on('message', () => {
  parentPort?.postMessage(longest);
  longest = 0;
});

await once(socket, 'data'); // the greeting
socket.write('HELLO {"v":2}\r\n');
await once(socket, 'data');
parentPort?.postMessage('ready');
for (;;) {
  const started = performance.now();
  socket.write('POLITE\r\n');
  await once(socket, 'data');
  longest = Math.max(longest, performance.now() - started);
  await sleep(1);
}
