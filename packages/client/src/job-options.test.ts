import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import type { Client } from './client.ts';
import { type JobOptions, type PushJob, wireFields } from './job-options.ts';

const job = (options: JobOptions): ReturnType<typeof wireFields> =>
  wireFields({ jobtype: 'T', args: [], ...options });

afterEach(() => {
  vi.useRealTimers();
});

describe('the job that travels', () => {
  test('has only the fields that were said', () => {
    expect(job({ jid: 'jid-12345', queue: undefined })).toEqual({ jid: 'jid-12345', jobtype: 'T', args: [] });
  });

  test('has a random jid when none was said', () => {
    expect(job({}).jid).toMatch(/^[\w-]{24}$/);
    expect(job({}).jid).not.toBe(job({}).jid);
  });

  test('keeps every option by its wire name', () => {
    const options = { queue: 'q', priority: 9, reserve_for: 60, retry: 0, backtrace: 5, custom: { a: 1 } };
    expect(job(options)).toMatchObject(options);
  });

  test('a Date travels as RFC 3339, a text as it is', () => {
    expect(job({ at: new Date(0) }).at).toBe('1970-01-01T00:00:00.000Z');
    expect(job({ at: 'tomorrow' }).at).toBe('tomorrow');
  });

  test('in counts milliseconds from now', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1000 });
    expect(job({ in: 500 }).at).toBe('1970-01-01T00:00:01.500Z');
  });

  test('a Temporal instant travels as RFC 3339, a length of time counts from now', () => {
    expect(job({ at: { epochMilliseconds: 1500 } }).at).toBe('1970-01-01T00:00:01.500Z');
    vi.useFakeTimers({ toFake: ['Date'], now: 1000 });
    expect(job({ in: '2 minutes' }).at).toBe('1970-01-01T00:02:01.000Z');
  });

  test('what features of servers read travels in custom, and wins over what is there', () => {
    const features = {
      unique_for: 60,
      unique_until: 'start',
      expires_in: 3600,
      track: true,
      bid: 'b1',
    } as const;
    expect(job({ custom: { a: 1, bid: 'old' }, ...features }).custom).toEqual({
      a: 1,
      ...features,
      track: 1,
    });
    expect(job({ track: false }).custom).toBeUndefined();
  });

  test.each<[string, JobOptions]>([
    ['a Date that is none', { at: new Date(Number.NaN) }],
    ['a wait that is no number', { in: Number.NaN }],
    ['both at and in', { at: new Date(0), in: 1 }],
  ])('%s is INVALID', (_name, options) => {
    expect(() => job(options)).toThrow(expect.objectContaining({ code: 'INVALID' }));
  });
});

describe('types', () => {
  interface Jobs {
    SendEmail: [to: string, id: number];
    Ping: [];
  }
  type Pushed = Parameters<Client<Jobs>['push']>[0];

  test('a job of the map fits', () => {
    expectTypeOf<{ jobtype: 'SendEmail'; args: [string, number]; queue: string }>().toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'SendEmail'; args: readonly [string, number] }>().toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; at: Date }>().toExtend<Pushed>();
  });

  test('wrong arguments, jobtypes and options do not compile', () => {
    expectTypeOf<{ jobtype: 'SendEmail'; args: [number, string] }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'SendEmail'; args: [string] }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'SendEmail' }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: [1] }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Sendemail'; args: [] }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; priority: 'high' }>().not.toExtend<Pushed>();
    expectTypeOf<{ jobtype: 'Ping'; args: []; at: number }>().not.toExtend<Pushed>();
  });

  test('without a map any jobtype and arguments fit', () => {
    expectTypeOf<{ jobtype: 'X'; args: [1, { a: 2 }] }>().toExtend<PushJob>();
    expectTypeOf<{ jobtype: 'X'; args: string }>().not.toExtend<PushJob>();
  });

  test('a map whose arguments are no list does not compile', () => {
    expectTypeOf<{ A: string }>().not.toExtend<{ [T in 'A']: readonly unknown[] }>();
  });
});
