import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { checkArguments } from './check-arguments.ts';
import { Client } from './client.ts';
import {
  type DefinedJobs,
  defineJob,
  definitionsByType,
  type JobDefinition,
  unchecked,
} from './define-job.ts';
import type { PushJob } from './job-map.ts';

const jobs = [
  defineJob('Zod', { schema: z.tuple([z.string(), z.number()]), queue: 'mail', retry: 3 }),
  defineJob('ZodPayload', { payload: z.object({ file: z.string(), width: z.number().default(80) }) }),
  defineJob('Valibot', { schema: v.tuple([v.string(), v.pipe(v.string(), v.transform(Number))]) }),
  defineJob('ArkType', { schema: type(['string', 'number']) }),
  defineJob('ArkPayload', { payload: type({ n: 'string.numeric.parse' }) }),
  defineJob('Unchecked', { schema: unchecked<[to: string, id: number]>() }),
  defineJob('Any', { queue: 'any' }),
];

describe('types of definitions', () => {
  test("a push takes the input of a definition's schema", () => {
    interface Pushed {
      Zod: [string, number];
      ZodPayload: [{ file: string; width?: number | undefined }];
      Valibot: [string, string];
      ArkType: [string, number];
      ArkPayload: [{ n: string }];
      Unchecked: [to: string, id: number];
      Any: readonly unknown[];
    }
    expectTypeOf<DefinedJobs<typeof jobs>>().branded.toEqualTypeOf<Pushed>();
  });

  test("a handler gets the output of a definition's schema", () => {
    interface Run {
      Zod: [string, number];
      ZodPayload: [{ file: string; width: number }];
      Valibot: [string, number];
      ArkType: [string, number];
      ArkPayload: [{ n: number }];
      Unchecked: [to: string, id: number];
      Any: readonly unknown[];
    }
    expectTypeOf<DefinedJobs<typeof jobs, 'output'>>().branded.toEqualTypeOf<Run>();
  });

  test('a client with definitions takes their jobs and no others', () => {
    const typed = (): unknown => new Client({ jobs });
    type Push = PushJob<typeof jobs>;
    expectTypeOf<{ jobtype: 'Zod'; args: ['a', 1]; priority: 9 }>().toExtend<Push>();
    expectTypeOf<{ jobtype: 'ZodPayload'; args: [{ file: 'a.png' }] }>().toExtend<Push>();
    expectTypeOf<{ jobtype: 'Zod'; args: [1, 'a'] }>().not.toExtend<Push>();
    expectTypeOf<{ jobtype: 'Zod'; args: ['a'] }>().not.toExtend<Push>();
    expectTypeOf<{ jobtype: 'ZodPayload'; args: [{ width: 1 }] }>().not.toExtend<Push>();
    expectTypeOf<{ jobtype: 'ZodPayload'; args: { file: 'a.png' } }>().not.toExtend<Push>();
    expectTypeOf<{ jobtype: 'Unchecked'; args: [1] }>().not.toExtend<Push>();
    expectTypeOf<{ jobtype: 'Zodd'; args: ['a', 1] }>().not.toExtend<Push>();
    expectTypeOf(typed).returns.toBeUnknown();
  });

  test('the type of a client follows from its options', () => {
    const defined = () => new Client({ jobs });
    const plain = () => new Client({ url: 'tcp://localhost' });
    expectTypeOf<ReturnType<typeof defined>>().toEqualTypeOf<Client<typeof jobs>>();
    expectTypeOf<ReturnType<typeof plain>>().toEqualTypeOf<Client>();
    // @ts-expect-error a map of jobs and definitions of others
    const both = () => new Client<{ Other: [] }>({ jobs });
    // @ts-expect-error a schema is no definition
    const schema = () => new Client({ jobs: [z.string()] });
    expectTypeOf(both).toBeFunction();
    expectTypeOf(schema).toBeFunction();
  });

  test("checked arguments have the types of the schema's output", () => {
    const resize = defineJob('Resize', { payload: z.object({ width: z.number().default(80) }) });
    expectTypeOf(checkArguments(resize, [{}])).toEqualTypeOf<
      [{ width: number }] | Promise<[{ width: number }]>
    >();
  });
});

describe('a value that is not a definition does not compile', () => {
  test('two schemas, or a value that is not a schema, do not compile and are CONFIG', () => {
    const config = expect.objectContaining({ code: 'CONFIG' });
    // @ts-expect-error either schema or payload
    expect(() => defineJob('T', { schema: z.tuple([]), payload: z.string() })).toThrow(config);
    // @ts-expect-error a list of types is no schema
    expect(() => defineJob('T', { schema: ['string'] })).toThrow(config);
    // @ts-expect-error a function is no schema
    expect(() => defineJob('T', { payload: () => true })).toThrow(config);
  });

  test('a schema of a value that is not a list does not compile', () => {
    // @ts-expect-error an object schema is a payload
    expect(defineJob('T', { schema: z.object({}) }).jobtype).toBe('T');
    // @ts-expect-error a queue is a text
    expect(defineJob('T', { queue: 7 }).jobtype).toBe('T');
  });

  test('unknown options of a definition do not compile, and the error suggests the known one', () => {
    // @ts-expect-error the wire's name is reserve_for
    expect(() => defineJob('T', { schema: z.tuple([]), reserveFor: 60 })).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: 'T: unknown option reserveFor; did you mean reserve_for?',
      }),
    );
    // @ts-expect-error a jid is for one job
    expect(() => defineJob('T', { jid: 'jid-12345' })).toThrow('T: unknown option jid; the options are');
  });

  test('a definition that defineJob did not make is refused', () => {
    const given = (one: unknown) => () => definitionsByType([one as JobDefinition]);
    expect(given({ jobtype: 'T' })).toThrow('jobs[0] is not a definition');
    expect(given('T')).toThrow('jobs[0] is not a definition');
    expect(given({ ...defineJob('T'), retrys: 3 })).toThrow(
      'jobs: T: unknown option retrys; the options are',
    );
    expect(given({ ...defineJob('T'), defaults: { retrys: 3 } })).toThrow(
      'jobs: T: unknown option defaults.retrys; did you mean retry?',
    );
    expect(() => definitionsByType(defineJob('T') as unknown as [])).toThrow('jobs must be a list');
  });
});

test('a definition keeps its schema apart from its defaults', () => {
  expect(jobs[0]).toMatchObject({ jobtype: 'Zod', defaults: { queue: 'mail', retry: 3 } });
  expect(jobs[0]?.defaults).not.toHaveProperty('schema');
});
