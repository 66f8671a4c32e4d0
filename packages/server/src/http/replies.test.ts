/** Tests that the bytes of replies that clients do not read are bounded, all connections together. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Replies } from './replies.ts';

const LARGE = 20 * 1024 * 1024; // bytes; more than the sockets of a system take
let replies: Replies;
let app: FastifyInstance;
const sockets: Socket[] = [];

beforeEach(async () => {
  replies = new Replies(2.5 * LARGE);
  app = fastify({ forceCloseConnections: true });
  app.addHook('onSend', async (_request, reply, payload) => replies.bound(reply, payload));
  app.get('/large', async () => 'a'.repeat(LARGE));
  app.get('/small', async () => 'small');
  app.get('/stream', (_request, reply) => reply.send(Readable.from(['a'.repeat(LARGE)])));
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

const port = (): number => (app.server.address() as AddressInfo).port;
const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port()}${path}`);

/** Asks for these in one connection and reads nothing. */
function silent(...paths: string[]): Socket {
  const socket = connect(port(), '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  return socket;
}

/** Waits until so many bytes are counted. */
async function counted(bytes: number): Promise<void> {
  while (replies.bytes !== bytes) await new Promise((resolve) => setImmediate(resolve));
}

test('a reply that does not fit beside those that clients do not read gets 503 with Retry-After, a small one is sent', async () => {
  silent('/large');
  silent('/large');
  await counted(2 * LARGE);
  const refused = await ask('/large');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await refused.json()).toEqual({ code: 'LIMIT', error: expect.stringContaining('ask again') });
  expect(await (await ask('/small')).text()).toBe('small');
  await counted(2 * LARGE);
});

test('a reply counts until its client has read it, and those of a closed connection no longer count', async () => {
  const reading = silent('/large');
  const closing = silent('/large', '/large');
  // The third one is refused: its text waits behind the second.
  while (replies.bytes <= 2 * LARGE) await new Promise((resolve) => setImmediate(resolve));
  closing.destroy();
  await counted(LARGE);
  expect((await (await ask('/large')).text()).length).toBe(LARGE);
  reading.resume();
  await counted(0);
  reading.destroy();
  await once(reading, 'close');
  expect(replies.bytes).toBe(0);
});

test('a stream does not count', async () => {
  expect((await (await ask('/stream')).text()).length).toBe(LARGE);
  silent('/stream');
  await once(sockets[0] as Socket, 'readable');
  expect(replies.bytes).toBe(0);
});
