import { afterEach, describe, expect, test, vi } from 'vitest';
import type { JobOptions } from './job-options.ts';
import { wireDefaults, wireJob } from './wire-job.ts';

const job = (options: JobOptions): ReturnType<typeof wireJob> =>
  wireJob({ jobtype: 'T', args: [], ...options });

afterEach(() => {
  vi.useRealTimers();
});

describe('a job on the wire', () => {
  test('a job on the wire has only the fields that the program set', () => {
    expect(job({ jid: 'jid-12345', queue: undefined })).toEqual({ jid: 'jid-12345', jobtype: 'T', args: [] });
  });

  test('a job without a jid gets a random one', () => {
    expect(job({}).jid).toMatch(/^[\w-]{24}$/);
    expect(job({}).jid).not.toBe(job({}).jid);
  });

  test('a job on the wire has every option by its wire name', () => {
    const options = { queue: 'q', priority: 9, reserve_for: 60, retry: 0, backtrace: 5, custom: { a: 1 } };
    expect(job(options)).toMatchObject(options);
  });

  test('a Date travels as RFC 3339, a text unchanged', () => {
    expect(job({ at: new Date(0) }).at).toBe('1970-01-01T00:00:00.000Z');
    expect(job({ at: 'tomorrow' }).at).toBe('tomorrow');
  });

  test('in counts milliseconds from now', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1000 });
    expect(job({ in: 500 }).at).toBe('1970-01-01T00:00:01.500Z');
  });

  test('in takes texts with units and Temporal durations', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
    expect(job({ in: '1h 30m' }).at).toBe('1970-01-01T01:30:00.000Z');
    expect(job({ in: { total: () => 1500 } }).at).toBe('1970-01-01T00:00:01.500Z');
  });

  test('a Temporal time travels as RFC 3339 in UTC', () => {
    expect(job({ at: { epochMilliseconds: 1 } }).at).toBe('1970-01-01T00:00:00.001Z');
  });

  test.each<[string, JobOptions]>([
    ['a Date that is none', { at: new Date(Number.NaN) }],
    ['an end that is not a time', { expires_at: new Date(Number.NaN) }],
    ['a wait beyond all calendars', { in: 1e300 }],
    ['a wait that is not a number', { in: Number.NaN }],
    ['both at and in', { at: new Date(0), in: 1 }],
  ])('%s is INVALID', (_name, options) => {
    expect(() => job(options)).toThrow(expect.objectContaining({ code: 'INVALID' }));
  });
});

describe('features of the server', () => {
  test('options of server features travel in custom, beside its other keys', () => {
    const keys = { unique_for: 60, unique_until: 'start', expires_in: 30, bid: 'b-1' } as const;
    const said = job({ ...keys, expires_at: new Date(0), track: true, custom: { a: 1 } });
    const custom = { a: 1, ...keys, expires_at: '1970-01-01T00:00:00.000Z', track: 1 };
    expect(said).toEqual({ jid: expect.any(String), jobtype: 'T', args: [], custom });
  });

  test('options of server features replace the same key in custom', () => {
    expect(job({ unique_for: 60, custom: { unique_for: 1 } }).custom).toEqual({ unique_for: 60 });
  });

  test('a job without tracking has no key for it', () => {
    expect(job({ track: false })).not.toHaveProperty('custom');
  });
});

describe('defaults', () => {
  const behind = wireDefaults({ queue: 'mail', retry: 3, track: true, custom: { a: 1, b: 1 } });
  const behindJob = (options: JobOptions): ReturnType<typeof wireJob> =>
    wireJob({ jobtype: 'T', args: [], ...options }, behind);

  test('defaults apply where the job has no value, or undefined', () => {
    expect(behindJob({ queue: undefined, retry: 0 })).toMatchObject({ queue: 'mail', retry: 0 });
  });

  test('defaults are merged key by key in custom', () => {
    expect(behindJob({ custom: { b: 2 } }).custom).toEqual({ a: 1, b: 2, track: 1 });
    expect(behindJob({ track: false }).custom).toEqual({ a: 1, b: 1 });
    expect(behind.custom).toEqual({ a: 1, b: 1, track: 1 });
  });
});

test.each<[unknown, RegExp]>([
  [[1], /custom is a list; give a plain object/],
  ['tenant', /custom is "tenant"/],
  [new Map([['a', 1]]), /custom is a Map/],
  [new Date(0), /custom is a Date/],
])('a custom that is not a plain object is INVALID: %s', (custom, text) => {
  const said = { jobtype: 'T', args: [], custom: custom as Record<string, unknown> };
  expect(() => wireJob(said)).toThrow(text);
  expect(() => wireJob({ ...said, custom: Object.create(null) })).not.toThrow();
});
