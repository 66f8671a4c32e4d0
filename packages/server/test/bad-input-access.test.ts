/**
 * Bad input at the doors: floods of wrong passwords on both ports, and HTTP clients that are slow, or say too much.
 */
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TokenFile } from '../src/index.ts';
import { login } from './login.ts';
import { connected, eventually, folder, kept, running } from './running.ts';
import { ask } from './web.ts';
import { WireClient } from './wire-client.ts';
import { witnessed } from './witness.ts';

const wrongHello = `HELLO {"v":2,"pwdhash":"${'0'.repeat(64)}"}`;

test('a flood of wrong passwords costs a few proofs; who is in works on, and a good login gets in when the flood ends', async () => {
  const { server, other, unharmed } = await witnessed();
  await server.reload({ password: 'right' });
  const flood = await Promise.all(Array.from({ length: 200 }, () => connected(server)));
  for (const client of flood) client.raw(`${wrongHello}\r\n`);
  const refused = (text: string): number =>
    flood.filter(({ received }) => received.toString().includes(`-ERR ${text}`)).length;
  await eventually(() => refused('too many failed logins') > 100);
  expect(refused('Invalid password')).toBeLessThan(60);
  await other.push('at-work-1');
  await Promise.all(flood.map((client) => client.destroy()));
  await eventually(async () => (await login(server, 'right'))[0] === '+OK');
  await server.reload({ password: undefined });
  await unharmed(1);
});

test('a flood of wrong passwords over HTTP is slowed down the same way, and answered 429 beyond what waits', {
  timeout: 30_000,
}, async () => {
  const server = await running({ http: {}, password: 'right' });
  const ask = (password: string, signal?: AbortSignal): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const at = { host: '127.0.0.1', port: server.httpPort, path: '/stats', auth: `:${password}` };
      get({ ...at, agent: false, ...(signal && { signal }) }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      }).on('error', reject);
    });
  for (let time = 0; time < 5; time++) expect(await ask(`wrong ${time}`)).toBe(401);
  // Each round of checks now waits longer, so of many at once more than fifty are there in the same moment.
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const refused = async (guess: number): Promise<void> =>
    expect(await ask(`guess ${guess}`, end.signal)).toBe(429);
  const asked = Array.from({ length: 100 }, (_, guess) => refused(guess));
  await Promise.any(asked);
  end.abort();
  await Promise.allSettled(asked);
  await eventually(async () => (await ask('right')) === 200);
});

/** Twelve at once, each again as soon as it is answered; gives what ends them. */
function persistently(attempt: (signal: AbortSignal) => Promise<unknown>): () => Promise<unknown> {
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const again = async (): Promise<void> => {
    while (!end.signal.aborted) await attempt(end.signal).catch(() => undefined);
  };
  const all = Array.from({ length: 12 }, again);
  return () => {
    end.abort();
    return Promise.all(all);
  };
}

test('no client is locked out: beside twelve that try an old password again and again, each right login of the same address gets in', {
  timeout: 60_000,
}, async () => {
  const server = await running({ http: {}, password: 'right' });
  let wrong = 0;
  const stop = persistently(async () => {
    const [said, client] = await login(server, 'old', { v: 1 });
    expect(said).toBe('-ERR Invalid password');
    wrong += 1;
    await client.closed();
  });
  try {
    await eventually(() => wrong > 12, 30_000);
    for (let time = 0; time < 3; time++) expect((await login(server, 'right', { v: 1 }))[0]).toBe('+OK');
  } finally {
    await stop();
  }
});

test('over HTTP a secret that was wrong once uses up nothing: a right one is answered beside any number of it', {
  timeout: 60_000,
}, async () => {
  const server = await running({ http: {}, password: 'right' });
  const status = async (secret: string, signal?: AbortSignal): Promise<number> => {
    const headers = { authorization: `Basic ${btoa(`:${secret}`)}` };
    return (await ask(server, '/stats', { headers, ...(signal && { signal }) })).status;
  };
  let wrong = 0;
  const stop = persistently(async (signal) => {
    expect(await status('old', signal)).toBe(401);
    wrong += 1;
  });
  try {
    await eventually(() => wrong > 30, 30_000);
    for (let time = 0; time < 10; time++) expect(await status('right')).toBe(200);
  } finally {
    await stop();
  }
  await server.reload({ password: ['right', 'old'] });
  expect(await status('old')).toBe(200);
});

test('HTTP requests byte by byte, silent ones and heads that are too large end, and others are answered meanwhile', async () => {
  const { server, unharmed } = await witnessed({ http: {}, handshakeTimeout: 100 });
  const open = (): WireClient => kept(WireClient.over(connect(server.httpPort ?? 0, '127.0.0.1')));
  const [slow, silent, large] = [open(), open(), open()];
  large.raw(`GET /health HTTP/1.1\r\nx: ${'x'.repeat(100_000)}`);
  await large.closed();
  expect(large.received.toString()).toMatch(/^HTTP\/1.1 431 /);
  slow.raw('GET /health HTTP/1.1\r\nx');
  const dribble = setInterval(() => slow.raw('x'), 20);
  try {
    await slow.closed();
    await silent.closed();
  } finally {
    clearInterval(dribble);
  }
  expect((await fetch(`http://127.0.0.1:${server.httpPort}/health`)).status).toBe(200);
  await unharmed();
});

test('a flood of commands that are not permitted is answered, costs others nothing, and is told in the audit log without filling it', async () => {
  const dir = folder();
  const secret = new TokenFile(dir, 'test').add('shop', 'push');
  const server = await running({ dir });
  const [, client] = await login(server, secret);
  const count = 5000;
  client.raw('FLUSH\n'.repeat(count));
  for (let reply = 0; reply < count; reply++) expect(await client.line()).toMatch(/^-ERR not permitted/);
  await client.push('still-works');
  await server.stop();
  const lines = readFileSync(join(dir, 'audit.log'), 'utf8').trimEnd().split('\n');
  const refused = lines.map((line) => JSON.parse(line)).filter(({ did }) => did === 'FLUSH');
  expect(refused[0]).toMatchObject({ who: 'token shop', from: '127.0.0.1', ok: false });
  expect(refused.length).toBeLessThan(150);
  expect(refused.reduce((sum, { times = 1 }) => sum + times, 0)).toBe(count);
});
