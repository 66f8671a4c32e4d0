import { AssertionError } from 'node:assert';
import type { Producer } from '@faktory-ts/client';
import { describe, expect, test } from 'vitest';
import { FakeClient, inlineClient, startTestServer } from './index.ts';

interface Jobs {
  SendEmail: [to: string, id: number];
  Touch: [at: Date];
}

const email = (to: string, id = 1) => ({ jobtype: 'SendEmail' as const, args: [to, id] as [string, number] });

describe('the fake client', () => {
  test('records pushes by jobtype, with their options and arguments', async () => {
    const fake = new FakeClient<Jobs>();
    const producer: Producer<Jobs> = fake;
    const jid = await producer.push({ ...email('bob'), queue: 'mail' });
    const [first] = await producer.pushBulk([email('ann', 2), { jobtype: 'Touch', args: [new Date(0)] }]);
    expect(fake.pushed('SendEmail').map(({ jid, queue, args }) => [jid, queue, args[0]])).toEqual([
      [jid, 'mail', 'bob'],
      [first?.jid, 'default', 'ann'],
    ]);
    expect(fake.pushed()).toHaveLength(3);
    fake.clear();
    expect(fake.pushed()).toEqual([]);
  });

  test('records the job as it would arrive, not the given objects', async () => {
    const fake = new FakeClient<Jobs>();
    const args: [Date] = [new Date(0)];
    await fake.push({ jobtype: 'Touch', args });
    args[0] = new Date(1);
    expect(fake.pushed('Touch')[0]?.args).toEqual(['1970-01-01T00:00:00.000Z']);
    fake.assertPushed('Touch', [new Date(0)]);
  });

  test('assertPushed throws an AssertionError that lists the pushed jobs', async () => {
    const fake = new FakeClient<Jobs>();
    expect(() => fake.assertPushed('SendEmail')).toThrow(AssertionError);
    await fake.push(email('bob'));
    fake.assertPushed('SendEmail');
    fake.assertPushed('SendEmail', ['bob', 1]);
    expect(() => fake.assertPushed('SendEmail', ['ann', 1])).toThrow(
      /\[ 'ann', 1 \]; .*SendEmail \[ 'bob', 1 \]/,
    );
    expect(() => fake.assertPushed('Touch')).toThrow(AssertionError);
  });

  test('jobtypes and arguments are typed by the map', async () => {
    const fake = new FakeClient<Jobs>();
    // @ts-expect-error: no such jobtype
    expect(() => fake.assertPushed('SendMail')).toThrow(AssertionError);
    // @ts-expect-error: the id is missing
    expect(() => fake.assertPushed('SendEmail', ['bob'])).toThrow(AssertionError);
    // @ts-expect-error: the id is a number
    await fake.push({ jobtype: 'SendEmail', args: ['bob', '1'] });
    const [to, id]: [string, number] = fake.pushed('SendEmail')[0]?.args ?? ['', 0];
    expect([to, id]).toEqual(['bob', '1']);
  });

  test('assertNothingPushed throws after a push', async () => {
    const fake = new FakeClient<Jobs>();
    fake.assertNothingPushed();
    await fake.push(email('bob'));
    expect(() => fake.assertNothingPushed()).toThrow(AssertionError);
  });

  test('refuses what the real client and server refuse, with the same errors', async () => {
    await using faktory = await startTestServer();
    const both = [new FakeClient(), faktory.client()] as const;
    const loop: unknown[] = [];
    loop.push(loop);
    const jobs = [
      { jobtype: 'A', args: loop },
      { jobtype: 'A', args: [1n] },
      { jobtype: '', args: [] },
      { jobtype: 'A', args: [], queue: 'no spaces' },
      { jobtype: 'A', args: [], jid: 'short' },
      { jobtype: 'A', args: [], at: 'tomorrow' },
      { jobtype: 'A', args: [], reserve_for: 1e6 },
      { jobtype: 'A', args: 'none' as unknown as [] },
      { jobtype: 'A', args: [], at: new Date(), in: 1 },
    ];
    for (const job of jobs) {
      const [fake, real] = await Promise.all(
        both.map((client) => client.push(job).catch(({ code, message }) => ({ code, message }))),
      );
      expect(fake).toEqual(real);
      expect(fake).toHaveProperty('code');
    }
    const mixed = jobs.slice(2, 7).map((job, n) => ({ ...job, jid: job.jid ?? `job-number-${n}` }));
    const [fake, real] = await Promise.all(both.map((client) => client.pushBulk(mixed)));
    const told = (results: typeof fake) =>
      results?.map(({ jid, error }) => [jid, error?.code, error?.message]);
    expect(told(fake)).toEqual(told(real));
    expect(fake?.filter(({ error }) => error !== undefined)).toHaveLength(5);
  });
});

describe('inline mode', () => {
  test('a push runs the handler before it resolves, with the arguments as they would arrive', async () => {
    const seen: unknown[] = [];
    const producer = inlineClient<Jobs>({
      Touch: ({ jid, job }, at) => void seen.push([jid, job.queue, at]),
    });
    const jid = await producer.push({ jobtype: 'Touch', args: [new Date(0)], in: 60_000 });
    expect(seen).toEqual([[jid, 'default', '1970-01-01T00:00:00.000Z']]);
  });

  test('a push rejects with the unchanged error of the handler', async () => {
    const oops = new Error('oops');
    const producer = inlineClient<Jobs>({ SendEmail: () => Promise.reject(oops) });
    await expect(producer.push(email('bob'))).rejects.toBe(oops);
    await expect(producer.pushBulk([email('bob')])).rejects.toBe(oops);
  });

  test('a jobtype without a handler is refused with CONFIG, a bad job with INVALID', async () => {
    const producer = inlineClient<Jobs>({ SendEmail: () => undefined });
    const touch = producer.push({ jobtype: 'Touch', args: [new Date()] });
    await expect(touch).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('"Touch"'),
    });
    await expect(producer.push({ ...email('bob'), jid: 'x' })).rejects.toMatchObject({ code: 'INVALID' });
  });
});

test('the fake clients and the test server refuse null as the real client and worker do', async () => {
  await using server = await startTestServer();
  const invalid = expect.objectContaining({ code: 'INVALID' });
  const bad = null as never;
  for (const client of [new FakeClient(), inlineClient({}), server.client()]) {
    await expect(client.push(bad)).rejects.toThrow(invalid);
    expect(await client.pushBulk([bad])).toEqual([{ jid: expect.any(String), error: invalid }]);
  }
  const config = expect.objectContaining({ code: 'CONFIG' });
  await expect(server.worker(bad)).rejects.toThrow(config);
  await expect((async () => server.drain(bad))()).rejects.toThrow(config);
});
