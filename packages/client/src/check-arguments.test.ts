import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkArguments } from './check-arguments.ts';
import { defineJob, type JobDefinition, unchecked } from './define-job.ts';
import type { SchemaIssue, StandardSchema } from './standard-schema.ts';

const refused = (definition: JobDefinition, args: unknown[]): unknown => {
  try {
    return checkArguments(definition, args);
  } catch (error) {
    return error;
  }
};

const complaining = (...issues: SchemaIssue[]): StandardSchema<unknown[]> => ({
  '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) },
});

describe.each([
  [
    'zod',
    defineJob('T', { schema: z.tuple([z.string(), z.object({ id: z.number() })]) }),
    defineJob('T', { payload: z.object({ id: z.string().transform(Number) }) }),
  ],
  [
    'valibot',
    defineJob('T', { schema: v.tuple([v.string(), v.object({ id: v.number() })]) }),
    defineJob('T', { payload: v.object({ id: v.pipe(v.string(), v.transform(Number)) }) }),
  ],
  [
    'arktype',
    defineJob('T', { schema: type(['string', { id: 'number' }]) }),
    defineJob('T', { payload: type({ id: 'string.numeric.parse' }) }),
  ],
])('with %s', (_library, list: JobDefinition, payload: JobDefinition) => {
  test('valid arguments are returned at once', () => {
    expect(checkArguments(list, ['a', { id: 7 }])).toEqual(['a', { id: 7 }]);
  });

  test('invalid arguments are INVALID, with the jobtype and the path', () => {
    expect(refused(list, ['a', { id: 'x' }])).toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(/^T: args\[1\]\.id: .*number/),
    });
  });

  test("a payload is the only argument, and the schema's output is returned", () => {
    expect(checkArguments(payload, [{ id: '7' }])).toEqual([{ id: 7 }]);
    expect(refused(payload, [{}])).toMatchObject({ message: expect.stringMatching(/^T: args\[0\]\.id: /) });
    expect(refused(payload, [])).toMatchObject({
      code: 'INVALID',
      message: 'T: takes one argument, got 0',
    });
    expect(refused(payload, [{ id: '7' }, 8])).toMatchObject({ message: 'T: takes one argument, got 2' });
  });
});

describe('an asynchronous schema', () => {
  const known = defineJob('T', {
    schema: z.tuple([z.string().refine(async (name) => name === 'bob', 'nobody knows them')]),
  });

  test('an asynchronous schema returns a promise of the arguments', async () => {
    expect(await checkArguments(known, ['bob'])).toEqual(['bob']);
  });

  test('an asynchronous schema that refuses rejects with INVALID', async () => {
    await expect(checkArguments(known, ['eve'])).rejects.toMatchObject({
      code: 'INVALID',
      message: 'T: args[0]: nobody knows them',
    });
  });
});

describe('an error for arguments', () => {
  const message = (...issues: SchemaIssue[]): unknown =>
    (refused(defineJob('T', { schema: complaining(...issues) }), []) as Error).message;

  test('an error for arguments writes paths as a program would', () => {
    expect(message({ message: 'bad', path: [0, { key: 'a' }, 'b c', '0'] })).toBe(
      'T: args[0].a["b c"][0]: bad',
    );
    expect(message({ message: 'bad' })).toBe('T: args: bad');
  });

  test('an error for arguments lists up to ten issues, then the number of others', () => {
    const issues = Array.from({ length: 12 }, (_, n) => ({ message: 'bad', path: [n] }));
    expect(message(...issues.slice(0, 2))).toBe('T: args[0]: bad; args[1]: bad');
    expect(message(...issues)).toMatch(/args\[9\]: bad; and 2 more$/);
  });
});

test('without a schema, or with an unchecked one, all arguments are valid', () => {
  expect(checkArguments(defineJob('T'), [1])).toEqual([1]);
  expect(checkArguments(defineJob('T', { schema: unchecked<[string]>() }), [1])).toEqual([1]);
});

test('a schema that does not return a list is INVALID', () => {
  const odd = z.tuple([]).transform(() => 'text') as unknown as StandardSchema<unknown[]>;
  expect(refused(defineJob('T', { schema: odd }), [])).toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining('use payload'),
  });
});

test.each([
  [
    'throws',
    () => {
      throw new TypeError('no table');
    },
  ],
  ['rejects', () => Promise.reject(new TypeError('no table'))],
])('a schema that %s is INVALID with its reason', async (_how, validate) => {
  const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
  const definition = defineJob('Broken', { schema: schema as never });
  await expect((async () => checkArguments(definition, []))()).rejects.toMatchObject({
    code: 'INVALID',
    message: 'Broken: its schema failed: no table',
    cause: expect.any(TypeError),
  });
});
