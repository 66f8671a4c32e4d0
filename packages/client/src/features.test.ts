import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeServer } from '../test/fake-server.ts';
import { Client } from './client.ts';

let server: FakeServer;
let client: Client;
/** The server's answer to EXT; undefined: it does not know EXT. */
let features: readonly string[] | undefined;
/** The description in the server's INFO. */
let about: object;

beforeEach(async () => {
  features = undefined;
  about = { description: 'Faktory', faktory_version: '1.9.0' };
  server = await FakeServer.start({ extensions: true });
  server.script = (line) => {
    if (line === 'INFO') return bulk({ server: about });
    if (line.startsWith('PUSHB')) return bulk({});
    if (!line.startsWith('EXT')) return '+OK\r\n';
    if (features === undefined) return '-ERR unknown command EXT\r\n';
    return bulk({ v: 1, max_fetch: 100, max_settle: 100, features });
  };
  client = new Client({ url: server.url });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

const bulk = (value: object): string =>
  `$${Buffer.byteLength(JSON.stringify(value))}\r\n${JSON.stringify(value)}\r\n`;
const job = (options: object = {}) => ({ jobtype: 'T', args: [], ...options });
const verbs = () => server.lines.map((line) => line.split(' ')[0]).filter((verb) => verb !== 'EXT');

describe('a job that needs a feature which the connected server does not have is UNSUPPORTED, and is not sent', () => {
  test.each<[object, string]>([
    [{ unique_for: 60 }, 'unique_for needs the feature unique'],
    [{ expires_in: 60 }, 'expires_in needs the feature expiry'],
    [{ expires_at: new Date(0) }, 'expires_at needs the feature expiry'],
    [{ track: true }, 'track needs the feature track'],
    [{ bid: 'b-1' }, 'bid needs the feature batch'],
    [{ custom: { unique_for: 60 } }, 'unique_for needs the feature unique'],
    [{ unique_for: 60, expires_in: 60 }, 'unique_for, expires_in need the feature unique, expiry'],
  ])('%j', async (options, what) => {
    features = [];
    await expect(client.push(job(options))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(`${what} of the server, and the server at 127.0.0.1:`),
    });
    expect(verbs()).toEqual([]);
  });

  test('the description in INFO decides about a feature when EXT does not list it', async () => {
    await expect(client.push(job({ unique_for: 60 }))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/\(Faktory 1\.9\.0\) does not have it.*leave the option out/),
    });
    expect(verbs()).toEqual(['INFO']);
  });

  test('in a bulk only the job that needs the missing feature is refused', async () => {
    features = ['expiry'];
    const results = await client.pushBulk([
      job(),
      job({ unique_for: 60, expires_in: 5 }),
      job({ expires_in: 5 }),
    ]);
    expect(results.map(({ error }) => error?.code)).toEqual([undefined, 'UNSUPPORTED', undefined]);
    expect(verbs()).toEqual(['PUSHB']);
  });
});

describe('a job that needs a feature is sent', () => {
  test('a job that needs a feature is sent to a server that lists it, without INFO', async () => {
    features = ['unique', 'expiry', 'track', 'batch'];
    await client.push(job({ unique_for: 60, expires_in: 5, track: true, bid: 'b-1' }));
    expect(verbs()).toEqual(['PUSH']);
  });

  test('a job that needs a feature is sent to a Faktory Enterprise, which gets one INFO a connection, in the order of the pushes', async () => {
    about = { description: 'Faktory Enterprise' };
    const unique = job({ unique_for: 60 });
    await Promise.all([client.push(job()), client.push(unique), client.push(job())]);
    await client.push(unique);
    expect(verbs()).toEqual(['PUSH', 'INFO', 'PUSH', 'PUSH', 'PUSH']);
    server.cut();
    await client.info(); // notices that the connection is closed, and gets another
    await client.push(unique);
    expect(verbs().slice(5)).toEqual(['INFO', 'INFO', 'PUSH']);
  });
});

test('a job without such options causes no INFO', async () => {
  await client.push(job({ custom: { tenant: 'acme' } }));
  expect(verbs()).toEqual(['PUSH']);
});

test('a server that refuses INFO has no features', async () => {
  server.script = (line) => (line === 'INFO' ? '-ERR not permitted: INFO\r\n' : '+OK\r\n');
  await expect(client.push(job({ track: true }))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});
