/**
 * What others read of a running server: Prometheus, StatsD, and those who ask whether it is well.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { Client } from '../../client/src/index.ts';
import type { Server } from '../src/index.ts';
import { silent } from '../src/log.ts';
import { mayMount, mounted } from './mounts.ts';
import { eventually, greeted, prepared, running, TestClock } from './running.ts';

const skipped = !mayMount && !process.env.CI;
if (skipped) console.warn('SKIPPED: the reserve of the disk needs root and a mount of its own');

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function page(server: Server, path: string, password?: string) {
  const headers: Record<string, string> = { connection: 'close' };
  if (password) headers.authorization = `Basic ${Buffer.from(`x:${password}`).toString('base64')}`;
  const reply = await fetch(`http://127.0.0.1:${server.httpPort}${path}`, { headers });
  return { status: reply.status, text: await reply.text(), type: reply.headers.get('content-type') };
}

/** The value of each line of /metrics by what is before it. */
async function metrics(server: Server): Promise<Map<string, number>> {
  const { text } = await page(server, '/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

const job = (jid: string, more: object = {}): string =>
  JSON.stringify({ jid, jobtype: 'Mail', args: [], ...more });

test('/metrics tells what became of jobs, by queue and jobtype, and how long they waited and ran', async () => {
  const clock = new TestClock();
  const server = await running({ http: {}, clock: clock.now, sync: 'full' });
  const client = await greeted(server, 'worker-1');
  for (const [n, retry] of [0, 0, 25, -1, 0].entries())
    await client.ask(`PUSH ${job(`job-number-${n}`, { retry })}`);
  clock.move(3);
  for (let n = 0; n < 4; n++) await client.fetch('default');
  clock.move(7);
  await client.ask('ACK {"jid":"job-number-0"}');
  for (const n of [1, 2, 3]) await client.ask(`FAIL {"jid":"job-number-${n}","errtype":"E","message":"m"}`);
  const told = await metrics(server);
  const labels = 'queue="default",jobtype="Mail"';
  expect(told.get(`faktory_jobs_pushed_total{${labels}}`)).toBe(5);
  expect(told.get(`faktory_jobs_fetched_total{${labels}}`)).toBe(4);
  for (const [outcome, count] of Object.entries({ done: 1, discarded: 1, failed: 1, dead: 1, released: 0 })) {
    expect([outcome, told.get(`faktory_jobs_ended_total{${labels},outcome="${outcome}"}`)]).toEqual([
      outcome,
      count,
    ]);
  }
  expect(told.get('faktory_job_wait_seconds_bucket{queue="default",le="1"}')).toBe(0);
  expect(told.get('faktory_job_wait_seconds_bucket{queue="default",le="5"}')).toBe(4);
  expect(told.get('faktory_job_run_seconds_sum{jobtype="Mail"}')).toBeCloseTo(28, 3);
  expect(told.get('faktory_job_run_seconds_count{jobtype="Mail"}')).toBe(4);
  expect(told.get('faktory_queue_size{queue="default"}')).toBe(1);
  expect(told.get('faktory_queue_latency_seconds{queue="default"}')).toBeCloseTo(10, 1);
  expect(told.get('faktory_set_size{set="retries"}')).toBe(1);
  expect(told.get('faktory_workers{state="running"}')).toBe(1);
  expect(told.get('faktory_failures_total')).toBe(3);
  expect(told.get('faktory_sync_seconds_total')).toBeGreaterThan(0);
  expect(told.get('faktory_commits_total')).toBe(told.get('faktory_commit_operations_count'));
  expect(told.get('faktory_disk_free_bytes')).toBeGreaterThan(0);
  expect(told.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  expect([...told.keys()].some((name) => name.startsWith('nodejs_eventloop_lag'))).toBe(true);
});

test('a job that was taken before a restart is counted under its own name', async () => {
  const first = prepared({ sync: 'off' });
  await first.start();
  const { dir } = first;
  await first.stop();
  const before = await running({ dir });
  const client = await greeted(before, 'worker-1');
  await client.ask(`PUSH ${job('over-a-restart', { custom: { jobtype: 'No' } })}`);
  await client.fetch('default');
  await before.stop();
  const after = await running({ dir, http: {} });
  await (await greeted(after, 'worker-1')).ask('ACK {"jid":"over-a-restart"}');
  expect(
    (await metrics(after)).get('faktory_jobs_ended_total{queue="default",jobtype="Mail",outcome="done"}'),
  ).toBe(1);
});

test('names beyond a bound are counted as other, whatever clients push', async () => {
  const server = await running({ http: {} });
  const client = await greeted(server);
  const jobs = Array.from({ length: 300 }, (_, n) => ({
    jid: `job-number-${n}`,
    jobtype: `Type${n}`,
    args: [],
  }));
  await client.ask(`PUSHB ${JSON.stringify(jobs)}`);
  const told = await metrics(server);
  expect(told.get('faktory_jobs_pushed_total{queue="default",jobtype="Type199"}')).toBe(1);
  expect(told.get('faktory_jobs_pushed_total{queue="default",jobtype="other"}')).toBe(100);
});

test('pairs of queue and jobtype are bounded too', async () => {
  const server = await running({ http: {} });
  const client = await greeted(server);
  const jobs = Array.from({ length: 6000 }, (_, n) => {
    return {
      jid: `job-number-${n}`,
      jobtype: `Type${n % 100}`,
      queue: `queue-${Math.floor(n / 100)}`,
      args: [],
    };
  });
  await client.ask(`PUSHB ${JSON.stringify(jobs)}`);
  const pushed = [...(await metrics(server))].filter(([name]) =>
    name.startsWith('faktory_jobs_pushed_total'),
  );
  expect(pushed).toHaveLength(2001);
  expect(pushed.reduce((sum, [, value]) => sum + value, 0)).toBe(6000);
});

test('/metrics asks for the password, the pages of health do not', async () => {
  const server = await running({ http: {}, password: 'secret' });
  expect((await page(server, '/metrics')).status).toBe(401);
  expect(await page(server, '/metrics', 'secret')).toMatchObject({
    status: 200,
    type: expect.stringContaining('text/plain'),
  });
  for (const path of ['/health', '/health/live', '/health/ready'])
    expect((await page(server, path)).status).toBe(200);
  const { text } = await page(server, '/health/ready');
  expect(JSON.parse(text)).toMatchObject({
    ready: true,
    checks: { storage: 'ok', disk: 'ok', running: 'ok' },
  });
});

test.skipIf(skipped)(
  'below the reserve pushes are refused and the rest goes on; with room again they are taken, each once',
  async () => {
    const dir = mounted('size=16m');
    const server = await running({ dir, http: {}, diskReserve: 4_000_000 });
    const worker = await greeted(server, 'worker-1');
    await worker.ask(`PUSH ${job('before-it-fills')}`);
    const { bavail, bsize } = statfsSync(dir);
    writeFileSync(join(dir, 'filler'), Buffer.alloc(bavail * bsize - 3_000_000));
    const client = new Client({ url: server.url, timeout: 20_000 });
    ends.push(() => client.close());
    const refused = 'pushes must be refused';
    await vi.waitFor(
      () =>
        expect(client.push({ jobtype: 'T', args: [], queue: 'q' }), refused).rejects.toMatchObject({
          code: 'STORAGE',
        }),
      10_000,
    );
    expect(await worker.ask(`PUSH ${job('while-it-is-full')}`)).toMatch(
      /^-ERR storage failed: the disk is nearly full: 3 MB are free, the reserve is 4 MB; free disk space/,
    );
    expect(await worker.ask(`PUSHB [${job('while-it-is-full')}]`)).toMatch(/^-ERR storage failed/);
    expect(await worker.fetch('default')).toBe('before-it-fills');
    expect(await worker.ask('ACK {"jid":"before-it-fills"}')).toBe('+OK');
    const { status, text } = await page(server, '/health/ready');
    expect([status, JSON.parse(text)]).toMatchObject([
      503,
      { ready: false, checks: { storage: 'ok', disk: expect.stringContaining('pushes are refused') } },
    ]);
    expect((await metrics(server)).get('faktory_pushes_refused')).toBe(1);
    const before = (await server.info()).faktory.queues.q ?? 0;

    rmSync(join(dir, 'filler'));
    await vi.waitFor(async () => expect((await page(server, '/health/ready')).status).toBe(200), 10_000);
    await client.push({ jobtype: 'T', args: [], queue: 'q' });
    expect((await server.info()).faktory.queues.q).toBe(before + 1);
  },
  40_000,
);

test('StatsD hears what jobs did, each second, and how things stand', async () => {
  const agent = createSocket('udp4');
  agent.bind(0, '127.0.0.1');
  await once(agent, 'listening');
  const heard: string[] = [];
  agent.on('message', (packet) => heard.push(...packet.toString().split('\n')));
  const { port } = agent.address();
  const statsd = { host: '127.0.0.1', port, tags: ['env:test'], queueLatency: ['default'] };
  const server = await running({ statsd });
  const client = await greeted(server, 'worker-1');
  for (const n of [0, 1]) await client.ask(`PUSH ${job(`job-number-${n}`)}`);
  for (const n of [0, 1]) await client.fetch(n === 0 ? 'default' : 'default');
  await client.ask('ACK {"jid":"job-number-0"}');
  await client.ask('FAIL {"jid":"job-number-1","errtype":"E","message":"m"}');
  const tags = 'env:test,queue:default,jobtype:Mail';
  await eventually(() => heard.includes(`faktory.jobs.count:2|c|#${tags}`));
  expect(heard).toContain(`faktory.jobs.failed:1|c|#${tags}`);
  expect(heard.filter((line) => /^faktory\.jobs\.perform:[\d.]+\|ms\|#/.test(line))).toHaveLength(2);
  expect(heard).toContain('faktory.ops.connections:0|g|#env:test');
  expect(heard).toContain('faktory.enqueued:0|g|#env:test');
  await server.stop();
  agent.close();
  await once(agent, 'close');
});

test('a server that is stopped at once with StatsD on, or whose agent has no address, ends in order', async () => {
  for (const host of ['127.0.0.1', '::1', 'no.such.host.invalid']) {
    const server = await running({ statsd: { host, port: 9 } });
    await server.stop();
  }
});

test('a StatsD host that cannot be resolved is one line of the log, and the server goes on', async () => {
  const warnings: string[] = [];
  const log = { ...silent, warn: (text: string) => void warnings.push(text) };
  const server = await running({ statsd: { host: 'no-such-host.invalid', port: 8125 }, log });
  await expect.poll(() => warnings.length, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(warnings).toEqual([
    expect.stringMatching(/^StatsD at no-such-host\.invalid:8125 cannot be reached \(E\w+\): no figures/),
  ]);
  await (await greeted(server)).push('goes-on-1');
}, 20_000);
