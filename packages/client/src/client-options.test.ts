import { describe, expect, test } from 'vitest';
import { FakeServer } from '../test/fake-server.ts';
import { Client } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import { defineJob } from './define-job.ts';
import { OutboxRelay } from './outbox/index.ts';
import { containing } from './sets.ts';
import { wireJob } from './wire-job.ts';

const config = (message: RegExp) =>
  expect.objectContaining({ code: 'CONFIG', message: expect.stringMatching(message) });
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'INVALID', message: expect.stringMatching(message) });

describe('an unknown or invalid option of a client is CONFIG', () => {
  test.each<[object, RegExp]>([
    [{ timout: 5 }, /new Client\(\): unknown option timout; did you mean timeout\?/],
    [{ maxwaiting: 5 }, /did you mean maxWaiting\?/],
    [{ host: 'x' }, /unknown option host; the options are url, password/],
    [{ url: 5 }, /^url must be a URL, or a list of URLs/],
    [{ timeout: '5s' }, /^timeout must be more than 0/],
    [{ labels: 'web' }, /^labels must be a list of texts/],
    [{ middleware: () => undefined }, /^middleware must be a list of functions/],
    [{ jobs: [() => undefined] }, /^jobs must be a list of definitions/],
    [{ signal: 'x' }, /^signal must be an AbortSignal/],
    [{ spool: 'jobs.spool' }, /^spool must be an object/],
    [{ spool: { file: 'x', maxbytes: 5 } }, /spool: unknown option maxbytes; did you mean maxBytes\?/],
    [{ defaults: { retries: 3, queeu: 'x' } }, /^defaults: unknown option retries/],
    [{ defaults: { priority: 99 } }, /^defaults: priority is 99; give a whole number from 1 to 9/],
  ])('%j', (options, message) => {
    expect(() => new Client(options as ClientOptions)).toThrow(config(message));
  });

  test('a URL instead of options is CONFIG', () => {
    expect(() => new Client('tcp://x' as unknown as ClientOptions)).toThrow(
      config(/options must be an object/),
    );
  });
});

describe('a value that is not an object is refused with a code and no TypeError', () => {
  const given: unknown[] = [null, 5, 'text', ['list']];

  test.each(given)('a job that is %j is INVALID, alone and in a bulk', async (job) => {
    await using client = new Client({ url: 'tcp://127.0.0.1:1', timeout: 50 });
    await expect(client.push(job as never)).rejects.toThrow(invalid(/^the job is .*; give an object/));
    expect(await client.pushBulk([job as never])).toEqual([
      { jid: expect.any(String), error: invalid(/^the job is/) },
    ]);
  });

  test.each(given)(
    'a change of a set, its filter, a default, or options that are %j are refused',
    async (value) => {
      await using client = new Client({ url: 'tcp://127.0.0.1:1', timeout: 50 });
      const wrong = value as never;
      await expect(client.mutate(wrong)).rejects.toThrow(invalid(/^mutate: the options must be an object/));
      await expect(client.dead.kill(wrong)).rejects.toThrow(invalid(/must be an object/));
      expect(() => new Client({ defaults: wrong })).toThrow(config(/must be an object/));
      expect(() => defineJob('T', wrong)).toThrow(config(/^T: the options must be an object/));
      expect(() => new OutboxRelay(wrong)).toThrow(config(/must be an object/));
    },
  );

  test('invalid jids, an invalid time and an empty text to contain are refused', async () => {
    await using client = new Client({ url: 'tcp://127.0.0.1:1', timeout: 50 });
    await expect(client.dead.kill({ jids: 5 as never })).rejects.toThrow(invalid(/^jids must be a list/));
    expect(() => wireJob({ jobtype: 'T', args: [], at: null as never })).toThrow(
      invalid(/^at is not a time/),
    );
    expect(() => containing(null as never)).toThrow(invalid(/needs a text/));
  });
});

describe('an unknown or invalid option of a job is INVALID', () => {
  test.each<[object, RegExp]>([
    [{ priority: 99 }, /^priority is 99; give a whole number from 1 to 9/],
    [{ priority: 0 }, /^priority is 0/],
    [{ priority: 4.5 }, /^priority is 4.5/],
    [{ priority: '5' }, /^priority is "5"/],
    [{ retry: -2 }, /^retry is -2; .* -1 for a job that is dead when it fails once/],
    [{ retry: Number.NaN }, /^retry is NaN/],
    [{ retry: true }, /^retry is true/],
    [{ reserve_for: -5 }, /^reserve_for is -5/],
    [{ backtrace: 1.5 }, /^backtrace is 1.5/],
    [{ unique_for: 0 }, /^unique_for is 0; give seconds/],
    [{ expires_in: -1 }, /^expires_in is -1/],
    [{ in: -1 }, /^in is -1 ms, a time that has passed/],
    [{ reserveFor: 60 }, /^job T: unknown option reserveFor; did you mean reserve_for\?/],
    [{ delay: 60 }, /^job T: unknown option delay; the options are jobtype, args, queue/],
  ])('%j', (options, message) => {
    expect(() => wireJob({ jobtype: 'T', args: [], ...options })).toThrow(invalid(message));
  });

  test.each([{ priority: 1 }, { priority: 9 }, { retry: 0 }, { retry: -1 }, { in: 0 }, { backtrace: 0 }])(
    'the option %j of a job is accepted',
    (options) => {
      expect(() => wireJob({ jobtype: 'T', args: [], ...options })).not.toThrow();
    },
  );
});

test('an unknown or invalid option of a definition is CONFIG', () => {
  const define = (options: object) => () => defineJob('Mail', options);
  expect(define({ shema: 1 })).toThrow(config(/^Mail: unknown option shema; did you mean schema\?/));
  expect(define({ priority: 10 })).toThrow(config(/^Mail: priority is 10/));
  expect(() => defineJob('')).toThrow(config(/a jobtype is a text, not empty/));
});

test('an unknown or invalid option of an outbox relay is CONFIG', () => {
  const query = async () => [];
  const relay = (options: object) => () => new OutboxRelay(options as never);
  expect(relay({ store: { dialect: 'sqlite', query }, intervall: 5 })).toThrow(
    config(/did you mean interval\?/),
  );
  expect(relay({ store: { dialect: 'postgresql', query } })).toThrow(config(/^store must be \{ dialect/));
});

test('an unknown option of a call, of a mutation or of a filter is refused, and nothing is sent', async () => {
  const server = await FakeServer.start();
  const client = new Client({ url: server.url });
  const job = { jobtype: 'T', args: [] };
  const call = (options: object): Promise<unknown> => client.push(job, options);
  await expect(call({ timout: 5 })).rejects.toThrow(config(/did you mean timeout\?/));
  await expect(call({ timeout: 0 })).rejects.toThrow(config(/^timeout is 0; give more/));
  await expect(client.info({ timeout: Number.NaN })).rejects.toThrow(config(/^timeout is NaN/));
  const filter = { jobtype: 'T', regex: '*x*' } as never;
  await expect(client.retries.kill(filter)).rejects.toThrow(
    invalid(/filter: unknown option regex; did you mean regexp\?/),
  );
  await expect(client.mutate({ cmd: 'kill', target: 'dead', filter })).rejects.toThrow(invalid(/regexp\?/));
  expect(server.lines).toEqual([]);
  await client.close();
  await server.stop();
});
