import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FakeServer } from '../test/fake-server.ts';
import { Client } from './client.ts';
import { defineJob } from './define-job.ts';

const jobs = [
  defineJob('Mail', { schema: z.tuple([z.string(), z.number()]), queue: 'mail', custom: { a: 1 } }),
  defineJob('Resize', { payload: z.object({ width: z.number().default(80), when: z.coerce.date() }) }),
  defineJob('Slow', { schema: z.tuple([z.string().refine(async (text) => text !== 'bad', 'is bad')]) }),
  defineJob('Strict', { payload: z.object({ when: z.date() }) }),
];

let server: FakeServer;
let client: Client<typeof jobs>;

beforeEach(async () => {
  server = await FakeServer.start();
  client = new Client({
    url: server.url,
    jobs,
    defaults: { queue: 'rest', retry: 3, custom: { a: 0, b: 0 } },
  });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

const sent = (): unknown[] => server.lines.flatMap((line) => JSON.parse(line.slice(line.indexOf(' ') + 1)));

describe('defaults', () => {
  test("a job's own options replace its definition's, and those the client's", async () => {
    await client.push({ jobtype: 'Mail', args: ['a', 1] });
    await client.push({ jobtype: 'Mail', args: ['a', 1], queue: 'now', retry: 0, custom: { c: 2 } });
    await client.push({ jobtype: 'Slow', args: ['a'] });
    expect(sent()).toMatchObject([
      { queue: 'mail', retry: 3, custom: { a: 1, b: 0 } },
      { queue: 'now', retry: 0, custom: { a: 1, b: 0, c: 2 } },
      { queue: 'rest', retry: 3, custom: { a: 0, b: 0 } },
    ]);
  });

  test('a jobtype that is defined twice is CONFIG', () => {
    const twice = [defineJob('A'), defineJob('A')];
    expect(() => new Client({ jobs: twice })).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining('A is defined twice') }),
    );
  });
});

describe('arguments', () => {
  test('arguments that the schema refuses are INVALID, and nothing is sent', async () => {
    const wrong = { jobtype: 'Mail', args: ['a', 'b'] } as unknown as Parameters<typeof client.push>[0];
    await expect(client.push(wrong)).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(/^Mail: args\[1\]: .*number/),
    });
    expect(server.peers).toHaveLength(0);
  });

  test("arguments travel as they were given, not as the schema's output", async () => {
    await client.push({ jobtype: 'Resize', args: [{ when: new Date(0) }] });
    expect(sent()).toMatchObject([{ args: [{ when: '1970-01-01T00:00:00.000Z' }] }]);
    expect(server.lines[0]).not.toContain('width');
  });

  test('arguments are checked as JSON carries them, so that a valid push is also valid in the worker', async () => {
    await expect(client.push({ jobtype: 'Strict', args: [{ when: new Date(0) }] })).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(/^Strict: args\[0\]\.when: .*date/),
    });
  });

  test('arguments that JSON cannot carry are INVALID, and the error names the job', async () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const wrong = { jobtype: 'Mail', args: cyclic } as unknown as Parameters<typeof client.push>[0];
    await expect(client.push(wrong)).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(/^Mail: args\[0\].*… contains itself/),
    });
  });

  test('a push waits for an asynchronous schema', async () => {
    await client.push({ jobtype: 'Slow', args: ['good'] });
    await expect(client.push({ jobtype: 'Slow', args: ['bad'] })).rejects.toMatchObject({
      message: 'Slow: args[0]: is bad',
    });
    expect(server.lines).toHaveLength(1);
  });
});

test('pushes with synchronous schemas leave in the order of their calls', async () => {
  const pushes = [1, 2, 3].map((n) => client.push({ jobtype: 'Mail', args: ['a', n] }));
  await Promise.all(pushes);
  expect(sent()).toMatchObject([1, 2, 3].map((n) => ({ args: ['a', n] })));
});

test('in a bulk a job that its schema refuses has an error, and the others are pushed', async () => {
  server.script = () => '$2\r\n{}\r\n';
  const results = await client.pushBulk([
    { jobtype: 'Mail', args: ['a', 1] },
    { jobtype: 'Slow', args: ['bad'], jid: 'jid-of-bad' },
    { jobtype: 'Slow', args: ['good'] },
  ]);
  expect(results.map(({ error }) => error?.message)).toEqual([undefined, 'Slow: args[0]: is bad', undefined]);
  expect(results[1]?.jid).toBe('jid-of-bad');
  expect(sent()).toMatchObject([{ jobtype: 'Mail' }, { jobtype: 'Slow', args: ['good'] }]);
});
