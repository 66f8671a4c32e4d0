/**
 * The names in the log line of a stall are verbs and routes of this server, never the text of a client.
 */
import { request } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import { Stalls } from '../src/stalls.ts';
import { greeted, running } from './running.ts';

afterEach(() => vi.restoreAllMocks());

/** A client's text that would break a log line or fill it. */
const hostile = `\u001b[31m\u202eEVIL${'x'.repeat(5000)}`;

test('an unknown verb is named "unknown" in the log of stalls, however it is written, with the length of its line', async () => {
  const asked = vi.spyOn(Stalls.prototype, 'asked');
  const client = await greeted(await running());
  for (const line of [hostile, `${hostile} {"a":1}`, '__proto__ 1', 'constructor'])
    expect(await client.ask(line)).toMatch(/^-ERR /);
  const said = asked.mock.calls.filter(([name]) => name !== 'HELLO');
  expect(said.map(([name, length]) => [name, length])).toEqual([
    ['unknown', hostile.length],
    ['unknown', hostile.length + 8],
    ['unknown', 11],
    ['unknown', 11],
  ]);
});

test('a request is named by its method and the route of this server, whatever its address', async () => {
  const asked = vi.spyOn(Stalls.prototype, 'asked');
  const server = await running({ http: {} });
  const port = server.httpPort;
  for (const [method, path] of [
    ['GET', `/${encodeURIComponent(hostile)}`],
    ['GET', `/api/jobs/${encodeURIComponent(hostile.slice(0, 900))}`],
    ['PURGE', '/api/queues'],
  ] as const)
    await new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', method, path, agent: false }, (answer) =>
        answer.resume().on('end', resolve),
      )
        .on('error', reject)
        .end();
    });
  for (const [name] of asked.mock.calls) expect(name).toMatch(/^[A-Z]+ [\w/:*.-]{1,100}$/);
  expect(asked.mock.calls.map(([name]) => name)).toContain('GET /api/jobs/:jid');
});
