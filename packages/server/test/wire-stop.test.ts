/**
 * The socket's rules: the server stops. What waits is woken, what runs is finished, what was accepted is kept.
 */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createServer } from '../src/index.ts';
import { connected, folder, greeted, kept, prepared, running } from './running.ts';
import { pushLine, WireClient } from './wire-client.ts';

test('stop wakes parked fetches with nil, closes, and takes no two seconds', async () => {
  const server = await running();
  const workers = await Promise.all([1, 2, 3].map((n) => greeted(server, `w${n}`)));
  for (const worker of workers) worker.send('FETCH default');
  const other = await greeted(server);
  await other.json('INFO');
  await other.json('INFO');
  const started = performance.now();
  const stopped = server.stop();
  for (const worker of workers)
    expect([await worker.line(), await worker.line()]).toEqual(['(nil)', '(closed)']);
  await stopped;
  expect(performance.now() - started).toBeLessThan(1500);
  expect(await other.line()).toBe('(closed)');
});

test('a command that comes while the server stops is told shutdown in progress, and closed', async () => {
  const server = await running();
  const [worker, other] = [await greeted(server, 'w1'), await greeted(server)];
  worker.raw(`FETCH default\r\n${pushLine('too-late1')}\r\n`);
  await other.json('INFO');
  await other.json('INFO');
  const stopped = server.stop();
  expect(await worker.line()).toBe('(nil)');
  expect(await worker.line()).toBe('-ERR shutdown in progress');
  expect(await worker.line()).toBe('(closed)');
  await stopped;
});

test('whoever has not said HELLO yet is closed, and nobody new is let in', async () => {
  const server = await running();
  const stranger = await connected(server);
  await stranger.line();
  const { port } = server;
  await server.stop();
  expect(await stranger.line()).toBe('(closed)');
  await expect(WireClient.connect(port)).rejects.toThrow('ECONNREFUSED');
});

test('every push that was answered +OK around a stop is there after the next start, and no other', async () => {
  const dir = folder();
  const server = await running({ dir });
  const clients = await Promise.all(Array.from({ length: 8 }, () => greeted(server)));
  const other = await greeted(server);
  const said = clients.map(async (client, number) => {
    client.raw(
      Array.from(
        { length: 500 },
        (_, n) => `${pushLine(`job-${number}-${String(n).padStart(4, '0')}`)}\n`,
      ).join(''),
    );
    const answers: string[] = [];
    for (let line = await client.line(); line !== '(closed)'; line = await client.line()) answers.push(line);
    return answers;
  });
  await other.json('INFO');
  await server.stop();
  const answers = (await Promise.all(said)).flat();
  const accepted = answers.filter((line) => line === '+OK').length;
  expect(answers.filter((line) => line !== '+OK' && line !== '-ERR shutdown in progress')).toEqual([]);
  const second = await running({ dir });
  expect((await second.info()).faktory.queues.default ?? 0).toBe(accepted);
});

test('stop may be called twice, before a start, and at once after it', async () => {
  const server = prepared();
  await server.stop();
  const started = prepared({ dir: folder() });
  await started.start();
  await Promise.all([started.stop(), started.stop()]);
  await started.stop();
});

test('a server may be started again after its stop', async () => {
  const server = await running({ dir: folder() });
  await (await greeted(server)).push('job-00001');
  await server.stop();
  await server.start();
  expect(await (await greeted(server, 'w1')).fetch()).toBe('job-00001');
});

test('a temporary folder goes with its server; a given one stays', async () => {
  const temporary = await running();
  expect(existsSync(temporary.dir)).toBe(true);
  await temporary.stop();
  expect(existsSync(temporary.dir)).toBe(false);
  const given = await running({ dir: folder() });
  await given.stop();
  expect(existsSync(given.dir)).toBe(true);
});

test('a client that does not read its replies does not hold up the stop', async () => {
  const server = await running();
  const stubborn = await greeted(server);
  stubborn.socket.pause();
  stubborn.raw('INFO\n'.repeat(20_000));
  await (await greeted(server)).json('INFO');
  const started = performance.now();
  await server.stop();
  expect(performance.now() - started).toBeLessThan(3000);
});

test('url is what a client needs, the password in it', async () => {
  const open = createServer();
  await open.start();
  expect(open.url).toBe(`tcp://127.0.0.1:${open.port}`);
  await open.stop();
  const locked = await running({ password: 'a b/ü' });
  const { password, port, hostname } = new URL(locked.url);
  expect([decodeURIComponent(password), port, hostname]).toEqual(['a b/ü', String(locked.port), '127.0.0.1']);
  kept(await WireClient.connect(Number(port)));
});
