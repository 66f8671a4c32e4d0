/**
 * Bad input: a full disk, made with a small tmpfs. Pushes are refused in words, the server lives, and what was
 * accepted is there: at once when there is room again, and after a restart.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mayMount, mounted } from './mounts.ts';
import { eventually, greeted, prepared, running } from './running.ts';
import type { WireClient } from './wire-client.ts';

// Where CI cannot mount, the tests run and fail: a proof that is not run is no proof.
const skipped = !mayMount && !process.env.CI;
if (skipped)
  console.warn('SKIPPED: the full disk needs root and a mount of its own: run as root on Linux to prove it');

const argument = 'x'.repeat(8000);

/** Pushes until the server refuses; the jids that were accepted. */
async function fill(client: WireClient): Promise<{ accepted: string[]; said: string }> {
  const accepted: string[] = [];
  for (let n = 0; n < 20_000; n++) {
    const jid = `disk-${String(n).padStart(6, '0')}`;
    const said = await client.ask(`PUSH {"jid":"${jid}","jobtype":"T","args":["${argument}"]}`);
    if (said !== '+OK') return { accepted, said };
    accepted.push(jid);
  }
  throw new Error('the disk was never full');
}

function health(port: number | undefined): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/health', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      response.on('end', () => resolve([response.statusCode ?? 0, body]));
    }).on('error', reject);
  });
}

/** Fetches and acknowledges all of the queue; the jids in their order. */
async function workAll(client: WireClient): Promise<string[]> {
  const jids: string[] = [];
  for (;;) {
    const reply = await client.ask('FETCH default');
    if (reply === '(nil)') return jids;
    const { jid } = JSON.parse(reply.slice(2)) as { jid: string };
    expect(await client.ask(`ACK {"jid":"${jid}"}`)).toBe('+OK');
    jids.push(jid);
  }
}

test.skipIf(skipped)(
  'a full disk refuses pushes in words; with room again all goes on, and nothing accepted is missing',
  async () => {
    const dir = mounted('size=40m');
    const ballast = join(dir, 'ballast');
    writeFileSync(ballast, Buffer.alloc(30_000_000, 1));
    const server = await running({ dir, sync: 'full', http: {} });
    const client = await greeted(server, 'w1');
    const { accepted, said } = await fill(client);
    expect(accepted.length).toBeGreaterThan(50);
    expect(said).toMatch(/^-ERR .*(disk|full|storage)/i);
    expect(await client.ask('INFO')).toMatch(/^\$ /);
    expect(await client.ask(`PUSH {"jid":"refused-01","jobtype":"T","args":["${argument}"]}`)).toMatch(
      /^-ERR /,
    );
    expect(await (await greeted(server)).ask('INFO')).toContain(`"default":${accepted.length}`);
    rmSync(ballast);
    const [first, ...rest] = accepted;
    await eventually(async () => (await client.ask('FETCH default')).includes(first ?? '-'));
    expect(await client.ask(`ACK {"jid":"${first}"}`)).toBe('+OK');
    await client.push('after-0001');
    await client.destroy();
    await server.stop();
    const second = await running({ dir, sync: 'full' });
    expect(await workAll(await greeted(second, 'w1'))).toEqual([...rest, 'after-0001']);
  },
  60_000,
);

test.skipIf(skipped)(
  'on a full disk /health is 503 with the reason, and 200 when there is room again',
  async () => {
    const dir = mounted('size=8m');
    const ballast = join(dir, 'ballast');
    writeFileSync(ballast, Buffer.alloc(3_000_000, 1));
    const server = await running({ dir, http: {} });
    expect((await health(server.httpPort))[0]).toBe(200);
    const client = await greeted(server);
    await fill(client);
    // The last bytes too, so that not even a mark fits.
    await eventually(async () =>
      (await client.ask('PUSH {"jid":"little-01","jobtype":"T","args":[]}')).startsWith('-ERR'),
    );
    const [, body] = await eventually(async () => {
      const answer = await health(server.httpPort);
      return answer[0] === 503 ? answer : undefined;
    });
    expect(JSON.parse(body).error).toMatch(/disk|full|storage/i);
    rmSync(ballast);
    await eventually(async () => (await health(server.httpPort))[0] === 200);
  },
  60_000,
);

test.skipIf(skipped)('a folder on a disk that is full from the start is refused in words', async () => {
  const dir = mounted('size=1m');
  try {
    writeFileSync(join(dir, 'ballast'), Buffer.alloc(2_000_000));
  } catch {
    // As full as it gets.
  }
  await expect(prepared({ dir }).start()).rejects.toMatchObject({ code: 'STORAGE' });
});

test.skipIf(skipped)(
  'a server stops on a full disk; what it accepted is there once the disk has room',
  async () => {
    const dir = mounted('size=20m');
    const ballast = join(dir, 'ballast');
    writeFileSync(ballast, Buffer.alloc(14_000_000, 1));
    const server = await running({ dir, sync: 'full' });
    const client = await greeted(server, 'w1');
    const { accepted } = await fill(client);
    await server.stop();
    rmSync(ballast);
    const second = await running({ dir, sync: 'full' });
    expect((await second.info()).faktory.queues).toEqual({ default: accepted.length });
  },
);
