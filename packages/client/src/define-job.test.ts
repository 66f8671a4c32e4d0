import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { FakeServer } from '../test/fake-server.ts';
import { Client } from './client.ts';
import { argsOf, checkArguments, defineJob, type PushedJobs, type RunJobs } from './define-job.ts';

const withZod = defineJob('Zod', {
  schema: z.tuple([z.string(), z.object({ id: z.number() })]),
  queue: 'mail',
});
const withValibot = defineJob('Valibot', { schema: v.tuple([v.string(), v.number()]), retry: 3 });
const withArktype = defineJob('Arktype', { schema: type(['string', 'number']) });
const turning = defineJob('Turning', {
  schema: z.tuple([z.iso.datetime().transform((text) => new Date(text))]),
});
const plain = defineJob('Plain', { args: argsOf<[file: string, width: number]>(), custom: { a: 1, b: 1 } });
const bare = defineJob('Bare');
const jobs = [withZod, withValibot, withArktype, turning, plain, bare] as const;

describe('checked by its schema', () => {
  test.each([
    [withZod, ['a', { id: 1 }]],
    [withValibot, ['a', 1]],
    [withArktype, ['a', 1]],
    [plain, [1, 2, 3]], // without a schema nothing is checked at run time
  ])('good arguments pass (%#)', async (definition, args) => {
    expect(await checkArguments(definition, args)).toEqual(args);
  });

  test.each([
    [withZod, ['a', { id: 'x' }], /^Zod: args\[1\]\.id: .*number/],
    [withZod, ['a'], /^Zod: args/],
    [withValibot, ['a', 'x'], /^Valibot: args\[1\]: .*number/],
    [withArktype, ['a', 'x'], /^Arktype: args\[1\]: .*number/],
  ])('bad arguments are INVALID, with place and reason (%#)', async (definition, args, message) => {
    await expect((async () => checkArguments(definition, args))()).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(message),
    });
  });

  test('the handler gets what the schema makes of them', async () => {
    expect(await checkArguments(turning, ['2026-01-02T00:00:00Z'])).toEqual([
      new Date('2026-01-02T00:00:00Z'),
    ]);
  });

  test('a schema may take its time', async () => {
    const slow = defineJob('Slow', {
      schema: z.tuple([z.string().refine(async (text) => text !== 'taken', 'taken')]),
    });
    expect(await checkArguments(slow, ['free'])).toEqual(['free']);
    await expect(checkArguments(slow, ['taken'])).rejects.toMatchObject({ message: 'Slow: args[0]: taken' });
  });
});

describe('a client with definitions', () => {
  test('fills in their defaults: what the push says wins, then the definition, then the client', async () => {
    const server = await FakeServer.start();
    const defaults = { queue: 'low', retry: 1, priority: 2, custom: { b: 2, c: 2 } };
    const client = Client.of({ url: server.url, jobs, defaults });
    await client.push({ jobtype: 'Zod', args: ['a', { id: 1 }], retry: 9 });
    await client.push({ jobtype: 'Plain', args: ['a', 1], custom: { c: 3 } });
    const pushed = server.lines.map((line) => JSON.parse(line.slice(5)));
    expect(pushed[0]).toMatchObject({ queue: 'mail', retry: 9, priority: 2 });
    expect(pushed[1]).toMatchObject({ queue: 'low', custom: { a: 1, b: 1, c: 3 } });
    await client.close();
    await server.stop();
  });

  test('refuses bad arguments before anything is sent; in bulk the others go in', async () => {
    const server = await FakeServer.start({ script: () => '$2\r\n{}\r\n' });
    const client = Client.of({ url: server.url, jobs });
    const bad = { jid: 'bad-00001', jobtype: 'Zod', args: ['a', { id: Number.NaN }] } as const;
    await expect(client.push({ ...bad, args: [...bad.args] })).rejects.toMatchObject({ code: 'INVALID' });
    const { jids, errors } = await client.pushBulk([
      { jid: 'good-0001', jobtype: 'Zod', args: ['a', { id: 1 }] },
      { ...bad, args: [...bad.args] },
      { jid: 'good-0002', jobtype: 'Bare', args: [] },
    ]);
    expect(jids).toEqual(['good-0001', 'bad-00001', 'good-0002']);
    expect([...errors]).toEqual([['bad-00001', expect.stringMatching(/^Zod: args\[1\]\.id/)]]);
    expect(server.lines).toHaveLength(1);
    expect(JSON.parse(server.lines[0]?.slice(6) ?? '')).toHaveLength(2);
    await client.close();
    await server.stop();
  });

  test('a schema that is none, an empty jobtype, or two definitions of one are CONFIG', () => {
    const config = expect.objectContaining({ code: 'CONFIG' });
    expect(() => defineJob('Bad', { schema: {} as never })).toThrow(config);
    expect(() => defineJob('')).toThrow(config);
    expect(() => Client.of({ jobs: [bare, bare] })).toThrow(config);
  });
});

test('the maps of both ends come from the definitions, and what does not fit does not compile', () => {
  expectTypeOf<PushedJobs<typeof jobs>['Zod']>().toEqualTypeOf<[string, { id: number }]>();
  expectTypeOf<PushedJobs<typeof jobs>['Turning']>().toEqualTypeOf<[string]>();
  expectTypeOf<RunJobs<typeof jobs>['Turning']>().toEqualTypeOf<[Date]>();
  expectTypeOf<PushedJobs<typeof jobs>['Plain']>().toEqualTypeOf<[file: string, width: number]>();
  const client = Client.of({ url: 'tcp://localhost:1', jobs });
  const never = (): unknown[] => [
    // @ts-expect-error no such jobtype
    client.push({ jobtype: 'Other', args: [] }),
    // @ts-expect-error an argument of the wrong type
    client.push({ jobtype: 'Plain', args: ['a', 'b'] }),
    // @ts-expect-error an argument too few
    client.push({ jobtype: 'Valibot', args: ['a'] }),
    // @ts-expect-error the input of the schema is a text
    client.push({ jobtype: 'Turning', args: [new Date()] }),
    // @ts-expect-error no such option
    client.push({ jobtype: 'Bare', args: [], reserveFor: 5 }),
    // @ts-expect-error no length of time
    client.push({ jobtype: 'Bare', args: [], in: '5 bananas' }),
    client.push({ jobtype: 'Bare', args: [], in: '1h 30m' }),
    // @ts-expect-error no such jobtype in the filter
    client.dead.requeue({ jobtype: 'Other' }),
  ];
  expect(never).toBeTypeOf('function');
});
