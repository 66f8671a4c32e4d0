/** Tests that bodies of requests are bounded, each and together, as long as the requests are not answered. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as newRequest, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Bodies } from './bodies.ts';

interface Arrived {
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  /** The body, or the status and text of the error. */
  readonly body: Promise<string | readonly [number, string]>;
}

const MOST = 1000; // bytes of a body
let bodies: Bodies;
const server = createServer((raw, response) => {
  bodies.watch(raw, response);
  const body = bodies
    .read(raw, MOST)
    .catch((error: Error & { statusCode: number }) => [error.statusCode, error.message] as const);
  arrived.shift()?.({ raw, response, body });
});
const arrived: ((one: Arrived) => void)[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  bodies = new Bodies(2000);
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  await once(server.close(), 'close');
});

/** Sends a head that announces so many bytes, and a part of the body. */
async function begun(length: number, part: string): Promise<Arrived & { readonly socket: Socket }> {
  const next = new Promise<Arrived>((resolve) => arrived.push(resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined).resume();
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${part}`);
  return { ...(await next), socket };
}

/** Waits until so many bytes are counted. */
async function counted(bytes: number): Promise<void> {
  while (bodies.bytes !== bytes) await new Promise((resolve) => setImmediate(resolve));
}

test('a body is read as text, its characters in one piece, and counts until the request is answered', async () => {
  const text = 'é'.repeat(200);
  const bytes = Buffer.from(text);
  const { body, response, socket } = await begun(bytes.length, '');
  socket.write(bytes.subarray(0, 101)); // amidst a character
  await counted(101);
  socket.write(bytes.subarray(101));
  expect(await body).toBe(text);
  expect(bodies.bytes).toBe(400);
  response.end('done');
  await counted(0);
});

test('a body that announces too many bytes is refused before they come, and one that has them as soon as it has', async () => {
  const refusal = [413, 'the body has more than 1000 bytes; send less at once'];
  expect(await (await begun(1001, '')).body).toEqual(refusal);
  const next = new Promise<Arrived>((resolve) => arrived.push(resolve));
  const chunked = newRequest({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    method: 'POST',
  });
  chunked.on('error', () => undefined);
  chunked.write('x'.repeat(600));
  const { body } = await next;
  chunked.write('x'.repeat(600));
  expect(await body).toEqual(refusal);
  expect(bodies.bytes).toBe(0);
  chunked.destroy();
});

test('when all bodies together have too many bytes, the longest that is not read yet is refused, and the others go on', async () => {
  const read = await begun(900, 'r'.repeat(900));
  expect(await read.body).toHaveLength(900); // it waits for its answer
  const long = await begun(1000, 'l'.repeat(700));
  await counted(1600);
  const short = await begun(500, 's'.repeat(399));
  await counted(1999);
  short.socket.write('s'.repeat(101));
  expect(await long.body).toEqual([
    503,
    'the requests that are not answered have more than 2000 bytes together, and yours is the longest with 700; send it again in some seconds, or in parts',
  ]);
  expect(await short.body).toHaveLength(500);
  expect(bodies.bytes).toBe(1400);
});

test('a connection that closes amidst its body counts no longer', async () => {
  const { body, socket } = await begun(1000, 'x'.repeat(300));
  await counted(300);
  socket.destroy();
  expect(await body).toEqual([400, expect.stringContaining('before the end of the body')]);
  await counted(0);
});
