/**
 * What changes while the server runs: nobody is disconnected for it, and what cannot be had changes nothing.
 */
import { createServer as createPort } from 'node:net';
import { expect, test } from 'vitest';
import { connected, greeted, running } from './running.ts';

const health = async (port: number | undefined, password?: string): Promise<number> => {
  const headers = password ? { authorization: `Basic ${btoa(`:${password}`)}` } : {};
  return (await fetch(`http://127.0.0.1:${port}/stats`, { headers })).status;
};

test('a password that is set, changed or taken away holds for those who come after it', async () => {
  const server = await running({ http: {} });
  const before = await greeted(server);
  await server.reload({ password: ['new', 'old'] });
  expect(server.url).toContain(':new@');
  expect((await (await connected(server)).line()).length).toBeGreaterThan('+HI {"v":2}'.length);
  expect([await health(server.httpPort), await health(server.httpPort, 'old')]).toEqual([401, 200]);
  await server.reload({ webPassword: 'web' });
  expect([await health(server.httpPort, 'old'), await health(server.httpPort, 'web')]).toEqual([401, 200]);
  await server.reload({ password: undefined, webPassword: undefined });
  await greeted(server);
  expect(await health(server.httpPort)).toBe(200);
  await before.push('still-here');
});

test('HTTP moves to another address; when that is taken it stays where it was', async () => {
  const server = await running();
  await server.reload({ http: {} });
  const port = server.httpPort ?? 0;
  const other = createPort().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const taken = (other.address() as { port: number }).port;
  await expect(server.reload({ http: { port: taken }, password: 'x' })).rejects.toMatchObject({
    code: 'LISTEN',
  });
  expect([server.httpPort === taken, await health(server.httpPort)]).toEqual([false, 200]);
  await new Promise((resolve) => other.close(resolve));
  await server.reload({ http: { port: taken } });
  expect([server.httpPort, await health(taken)]).toEqual([taken, 200]);
  await expect(health(port)).rejects.toThrow();
  await server.reload({ http: false });
  expect(server.httpPort).toBeUndefined();
});
