/**
 * Storage errors are never silent: a lock of another program and a damaged page, as clients, the log, probes, metrics and pages see them.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../src/engine/sqlite/state/binding.ts';
import type { Server } from '../src/index.ts';
import { eventually, folder, greeted, prepared, running } from './running.ts';

async function page(server: Server, path: string) {
  const reply = await fetch(`http://127.0.0.1:${server.httpPort}${path}`, {
    headers: { connection: 'close' },
  });
  return { status: reply.status, text: await reply.text() };
}

function errorLog() {
  const lines: string[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (text: string) => void lines.push(text) };
  return { lines, log };
}

const job = (jid: string, more: object = {}): string =>
  JSON.stringify({ jid, jobtype: 'T', args: [], ...more });

test('while another program holds the lock, writers are refused in words, all others are served, and the log says it once', async () => {
  const dir = folder();
  const { lines, log } = errorLog();
  const server = await running({ dir, log, http: {} });
  const [pusher, other] = [await greeted(server), await greeted(server, 'worker-1')];
  await pusher.push('before-0001');
  const holder = openDatabase(join(dir, 'faktory.db'));
  holder.exec('BEGIN IMMEDIATE');
  pusher.send(`PUSH ${job('refused-01')}`);
  expect(await other.ask('BEAT {"wid":"worker-1"}')).toBe('+OK');
  expect(await other.ask('INFO')).toContain('"total_enqueued":1');
  expect((await page(server, '/health/live')).status).toBe(200);
  expect(await pusher.line()).toMatch(/^-ERR storage failed: database is locked by another process/);
  expect(await pusher.ask(`PUSH ${job('refused-02')}`)).toMatch(/^-ERR storage failed/);
  expect(lines).toEqual([expect.stringMatching(/storage failed: database is locked.*end that program/)]);
  const ready = await page(server, '/health/ready');
  expect([ready.status, ready.text]).toEqual([503, expect.stringContaining('locked')]);
  const { text } = await page(server, '/metrics');
  expect(text).toMatch(/faktory_storage_errors_total\{kind="locked"\} [1-9]/);
  expect(text).toContain('faktory_storage_failing{kind="locked"} 1');
  holder.exec('ROLLBACK');
  holder.close();
  await pusher.push('after-00001');
  expect(JSON.parse((await page(server, '/health/ready')).text)).toMatchObject({ checks: { storage: 'ok' } });
}, 30_000);

test('a lock that ends in time refuses nobody', async () => {
  const dir = folder();
  const { lines, log } = errorLog();
  const server = await running({ dir, log });
  const [client, other] = [await greeted(server), await greeted(server)];
  const holder = openDatabase(join(dir, 'faktory.db'));
  holder.exec('BEGIN IMMEDIATE');
  client.send(`PUSH ${job('in-time-01')}`);
  for (let turns = 0; turns < 20; turns++) expect(await other.ask('INFO')).toContain('"total_enqueued":0');
  holder.exec('ROLLBACK');
  holder.close();
  expect(await client.line()).toBe('+OK');
  expect(lines).toEqual([]);
});

test('a damaged page is a line of the log, a metric, not ready and Attention, and other queues go on', async () => {
  const dir = folder();
  const before = prepared({ dir });
  await before.start();
  const client = await greeted(before);
  for (let n = 0; n < 50; n++)
    await client.push(`damaged-${n}`, { queue: 'broken', args: ['x'.repeat(1500)] });
  await before.stop();
  damage(join(dir, 'faktory.db'), 'damaged-0"');
  const { lines, log } = errorLog();
  const server = await running({ dir, log, http: {} });
  const worker = await greeted(server, 'worker-1');
  expect(await worker.ask('FETCH broken')).toMatch(/^-ERR storage failed: .*malformed/);
  expect(await worker.ask('FETCH broken')).toMatch(/^-ERR storage failed: .*malformed/);
  expect(lines).toEqual([expect.stringMatching(/storage failed: .*malformed.*faktory salvage/)]);
  await (await greeted(server)).push('sound-00001', { queue: 'sound' });
  expect(await worker.fetch('sound')).toBe('sound-00001');
  const ready = await page(server, '/health/ready');
  expect([ready.status, ready.text]).toEqual([503, expect.stringContaining('damaged')]);
  const { text } = await page(server, '/metrics');
  expect(text).toMatch(/faktory_storage_errors_total\{kind="corrupt"\} [2-9]/);
  const live = await eventually(async () => (await page(server, '/api/live?topics=attention')).text);
  expect(JSON.parse(live)).toMatchObject({
    attention: expect.arrayContaining([{ code: 'storage_corrupt', severity: 'high' }]),
  });
}, 30_000);

/** Overwrites the last page that holds this text: earlier ones may be of the time when the table was one page. */
function damage(file: string, text: string): void {
  const pageSize = 2048;
  const at = readFileSync(file).lastIndexOf(text);
  expect(at).toBeGreaterThan(pageSize);
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.alloc(pageSize, 0xff), 0, pageSize, at - (at % pageSize));
  closeSync(fd);
}
