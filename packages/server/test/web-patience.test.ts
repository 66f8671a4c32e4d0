/**
 * How long a connection of HTTP may be silent: shortly while the client is waited for, longer while the server makes the answer.
 */
import { Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { Watch } from '../src/http/watch.ts';
import { running } from './running.ts';
import { ask } from './web.ts';

afterEach(() => vi.restoreAllMocks());

test('an answer may take a minute to make; then its reader has the usual time', async () => {
  const timeouts = vi.spyOn(Socket.prototype, 'setTimeout');
  const server = await running({ http: {} });
  const silence = (): (number | undefined)[] =>
    [...new Set(timeouts.mock.contexts as Socket[])]
      .filter(({ localPort }) => localPort === server.httpPort)
      .map(({ timeout }) => timeout);
  let making: unknown;
  vi.spyOn(Watch.prototype, 'queues').mockImplementation(async () => {
    making = silence();
    return [];
  });
  const sent = vi.fn();
  const { write } = Socket.prototype;
  vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
    if (this.localPort === server.httpPort) sent(this.timeout);
    return Reflect.apply(write, this, args);
  });
  expect((await ask(server, '/api/queues')).status).toBe(200);
  expect(making).toEqual([60_000]);
  expect(sent.mock.calls.flat()).toContain(10_000);
});
