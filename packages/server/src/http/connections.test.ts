import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { HttpConnections } from './connections.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Sends `requests` in one write to a server that answers with `handle`; gives what was handled until the connection closed. */
async function handledOf(requests: string, handle: RequestListener): Promise<number> {
  let handled = 0;
  const server = createServer((request, response) => {
    handled += 1;
    handle(request, response);
  });
  const connections = new HttpConnections();
  connections.watch(server);
  connections.bound(server);
  ends.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  ends.push(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(requests);
  await new Promise((resolve) => socket.once('close', resolve));
  return handled;
}

const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const last = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

it('a connection with more than 16 unfinished requests is destroyed, and nothing behind these is handled', async () => {
  expect(await handledOf(request.repeat(1000), () => undefined)).toBe(16);
  expect(await handledOf(request.repeat(1000), (_, response) => response.end('x'))).toBe(16);
});

it('requests with an Expect that no server knows are counted and served as others are', async () => {
  const expecting = request.replace('\r\n\r\n', '\r\nExpect: something\r\n\r\n');
  expect(await handledOf(expecting.repeat(1000), () => undefined)).toBe(16);
  expect(await handledOf(expecting.repeat(15) + last, (_, response) => response.end('x'))).toBe(16);
});

it('a connection may send 16 requests at once', async () => {
  expect(await handledOf(request.repeat(15) + last, (_, response) => response.end('x'))).toBe(16);
});
