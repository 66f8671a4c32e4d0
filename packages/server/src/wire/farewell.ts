/**
 * The end of a connection that is ours to end. Closing at once while bytes are still coming in would make the kernel
 * reset it, and the client would lose the reply that says why; so the rest is read and forgotten for a while.
 */
import type { Socket } from 'node:net';

/** Sends what is written, reads on without listening, and closes at the latest after `patience` ms. */
export function farewell(socket: Socket, patience: number): void {
  socket.end();
  socket.resume();
  const late = setTimeout(() => socket.destroy(), patience);
  socket.once('close', () => clearTimeout(late));
}
