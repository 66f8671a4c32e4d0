/**
 * A bare server that answers every line with a fixed reply: the maximum of a Node server of this
 * protocol on this machine, and the baseline of ours. Listens on a free port and prints it.
 */
import { type AddressInfo, createServer } from 'node:net';

const job = JSON.stringify({
  retry: 25,
  jid: 'load000001x00000001',
  queue: 'load1',
  jobtype: 'SomeJob',
  created_at: '2026-11-23T16:00:00.000000000Z',
  args: [1, 'string', 3],
  enqueued_at: '2026-11-23T16:00:00.000000000Z',
});
const fetched = `$${job.length}\r\n${job}\r\n`;
const F = 70; // of FETCH

const server = createServer({ noDelay: true }, (socket) => {
  socket.write('+HI {"v":2}\r\n');
  socket.on('data', (chunk) => socket.write(chunk[0] === F ? fetched : '+OK\r\n'));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
