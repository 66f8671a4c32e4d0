import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeServer } from '../test/fake-server.ts';
import { BulkError } from './bulk.ts';
import { Client } from './client.ts';
import type { PushMiddleware } from './push-middleware.ts';

let server: FakeServer;
let client: Client;

beforeEach(async () => {
  server = await FakeServer.start();
  client = new Client({ url: server.url });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

const done = '$2\r\n{}\r\n';
const tooLong = '-ERR line longer than 1000 bytes\r\n';
const job = (letters = 0, more = {}) => ({ jobtype: 'T', args: ['z'.repeat(letters)], ...more });
const jobsIn = (line: string): unknown[] => JSON.parse(line.slice('PUSHB '.length));
const codes = (results: readonly { error?: { code: string } }[]) => results.map(({ error }) => error?.code);

async function ended(jobs: Parameters<Client['pushBulk']>[0], pushing = client): Promise<BulkError> {
  const error: unknown = await pushing.pushBulk(jobs).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BulkError);
  return error as BulkError;
}

test('a bulk of large jobs leaves in lines of at most 1 MiB', async () => {
  server.script = () => done;
  const results = await client.pushBulk(Array.from({ length: 300 }, () => job(20_000)));
  expect(results).toHaveLength(300);
  expect(codes(results)).not.toContainEqual(expect.anything());
  expect(server.lines.flatMap(jobsIn)).toHaveLength(300);
  const lengths = server.lines.map((line) => Buffer.byteLength(line));
  expect(Math.max(...lengths)).toBeLessThanOrEqual(1024 * 1024 + 10);
  expect(lengths).toHaveLength(6);
});

test('the length of a line is counted in bytes, not characters', async () => {
  server.script = () => done;
  const wide = { jobtype: 'T', args: ['ü'.repeat(300_000)] };
  await client.pushBulk([wide, wide]);
  expect(server.lines).toHaveLength(2);
});

test('a line that is too long for the server is sent again as shorter ones, and only the job that is too long alone is refused', async () => {
  server.script = (line) => (line.length > 1000 ? tooLong : done);
  const results = await client.pushBulk([job(300), job(300), job(2000), job(300), job(300)]);
  expect(codes(results)).toEqual([undefined, undefined, 'LIMIT', undefined, undefined]);
  const taken = server.lines.filter((line) => line.length <= 1000).flatMap(jobsIn);
  expect(taken).toHaveLength(4);
});

test('a job that JSON cannot carry is refused alone', async () => {
  server.script = () => done;
  const results = await client.pushBulk([job(), { jobtype: 'T', args: [1n] }, job()]);
  expect(codes(results)).toEqual([undefined, 'INVALID', undefined]);
  expect(server.lines.flatMap(jobsIn)).toHaveLength(2);
});

test('a job that a middleware made unfit for JSON is refused alone', async () => {
  server.script = () => done;
  const spoiling: PushMiddleware = ({ jobs }, next) => {
    if (jobs[1]) jobs[1].custom = { size: Number.NaN };
    return next();
  };
  const other = new Client({ url: server.url, middleware: [spoiling] });
  expect(codes(await other.pushBulk([job(), job(), job()]))).toEqual([undefined, 'INVALID', undefined]);
  await other.close();
});

test('a bulk whose second line fails reports for each job whether it was pushed, may be, or was not sent', async () => {
  let lines = 0;
  server.script = () => (++lines === 2 ? '-ERR storage failed: disk full\r\n' : done);
  const jobs = Array.from({ length: 3 }, () => job(600_000));
  const error = await ended(jobs);
  expect(error).toMatchObject({
    code: 'STORAGE',
    message: expect.stringMatching(/; 1 other jobs were pushed/),
  });
  expect(codes(error.results)).toEqual([undefined, 'STORAGE', 'ABORTED']);
  expect(error.results[2]?.error?.message).toMatch(/^not sent/);
  expect(server.lines).toHaveLength(2);
});

test('a bulk whose connection breaks reports which jobs may have been pushed', async () => {
  let lines = 0;
  server.script = () => (++lines === 2 ? undefined : done);
  const bulk = ended(Array.from({ length: 1001 }, () => job()));
  await server.line('PUSHB');
  await server.line('PUSHB');
  server.cut();
  const error = await bulk;
  expect(error.code).toBe('CLOSED');
  expect(codes(error.results)).toEqual([...Array(1000).fill(undefined), 'CLOSED']);
});

test('an iterable that throws ends the bulk, whose error has the results and the cause', async () => {
  server.script = () => done;
  const oops = new TypeError('no more rows');
  async function* rows() {
    for (let n = 0; n < 1001; n++) yield job();
    throw oops;
  }
  const error = await ended(rows());
  expect(error).toMatchObject({
    code: 'ABORTED',
    cause: oops,
    message: expect.stringMatching(/no more rows/),
  });
  expect(error.results.filter((result) => result.error === undefined)).toHaveLength(1000);
  expect(error.results[1000]?.error?.message).toMatch(/^not sent/);
});
