/**
 * Tests a server that requires client certificates: every command, faktory-worker's flags and the
 * image's health check can present one.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createServer, type Server } from '@faktory-ts/server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endAll, faktory } from './program.ts';

const pem = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/server/test/tls/${name}.pem`, import.meta.url));
const check = fileURLToPath(new URL('../../../deploy/docker/healthcheck.mjs', import.meta.url));

const named = {
  FAKTORY_TLS_CA: pem('ca.cert'),
  FAKTORY_TLS_CERT: pem('client.cert'),
  FAKTORY_TLS_KEY: pem('client.key'),
};
const flags = ['--tls-ca', named.FAKTORY_TLS_CA, '--tls-cert', named.FAKTORY_TLS_CERT];

let server: Server;
let url: string;

beforeAll(async () => {
  const read = (name: string): Buffer => readFileSync(pem(name));
  const tls = { key: read('server.key'), cert: read('server.cert'), clientCa: read('ca.cert') };
  server = createServer({ sync: 'off', http: {}, tls });
  await server.start();
  url = `tcp+tls://localhost:${server.port}`;
});
afterEach(endAll);
afterAll(() => server.stop());

describe('a server that requires client certificates', () => {
  it("gets the pair of a command's flags or environment", async () => {
    const byFlags = faktory(['queues', '--url', url, ...flags, '--tls-key', named.FAKTORY_TLS_KEY, '--json']);
    expect([await byFlags.ended, byFlags.err, byFlags.out]).toEqual([0, '', '[]\n']);
    const byEnvironment = faktory(['tokens', '--url', url], named);
    expect([await byEnvironment.ended, byEnvironment.err]).toEqual([
      0,
      expect.stringMatching(/^there are no tokens/),
    ]);
  });

  it('makes a command without a certificate say how to name one', async () => {
    const { FAKTORY_TLS_CA } = named;
    const bare = faktory(['info'], { FAKTORY_URL: url, FAKTORY_TLS_CA });
    expect(await bare.ended).toBe(1);
    expect(bare.err).toMatch(
      /asks for a client certificate, and this client presented none.*FAKTORY_TLS_CERT and FAKTORY_TLS_KEY/,
    );
    const half = faktory(['info', ...flags], { FAKTORY_URL: url });
    expect(await half.ended).toBe(2);
    expect(half.err).toMatch(/^faktory info: --tls-cert is the certificate without its key: .*--tls-key/);
  });

  it('makes a command at the port of the web UI name the right port', async () => {
    const told = faktory(['info', '--url', `tcp+tls://localhost:${server.httpPort}`], named);
    expect([await told.ended, told.err]).toEqual([
      1,
      expect.stringMatching(/this is an HTTP port.*the port for jobs/),
    ]);
  });

  it("gets the pair of the environment from the image's health check", async () => {
    const statusWith = (env: Record<string, string>): Promise<number | null> =>
      new Promise((resolve) =>
        spawn(process.execPath, [check, `${server.httpPort}`], { env }).once('close', resolve),
      );
    expect(await statusWith(named)).toBe(0);
    expect(await statusWith({})).toBe(1);
  });
});
