import { createServer, type Server } from '@faktory-ts/server';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Client, Connection, commands, type Job, resolveServers } from '../src/index.ts';
import { clientTelemetry } from '../src/opentelemetry.ts';
import { BadNetwork } from './bad-network.ts';
import { Telemetry } from './telemetry.ts';

let server: Server;
let client: Client;
let telemetry: Telemetry;

beforeAll(async () => {
  server = createServer({ sync: 'off' });
  await server.start();
});

afterAll(() => server.stop());

beforeEach(async () => {
  telemetry = new Telemetry();
  telemetry.start();
  client = new Client({ url: server.url, ...clientTelemetry() });
  await client.flush();
});

afterEach(async () => {
  telemetry.stop();
  await client.close();
});

/** Fetches this many jobs from the default queue. */
async function take(count: number): Promise<Job[]> {
  const consumer = new Connection({
    addresses: resolveServers({ url: server.url }),
    hello: { wid: 'taker-01' },
  });
  const jobs: Job[] = [];
  while (jobs.length < count) {
    const job = await commands.fetch(consumer, ['default']);
    if (job === undefined) continue;
    jobs.push(job);
    await commands.ack(consumer, job.jid);
  }
  await consumer.close();
  return jobs;
}

const job = { jobtype: 'SendEmail', args: ['bob@example.com'] };

/** The trace fields of a job that belongs to this span. */
function parentOf(span: { spanContext(): { traceId: string; spanId: string } } | undefined): string {
  const { traceId, spanId } = span?.spanContext() ?? {};
  return `00-${traceId}-${spanId}-01`;
}

describe('a push', () => {
  test('a push has its own span, named by its jobtype', async () => {
    await client.push({ ...job, jid: 'aaaaaaaa', queue: 'mail' });
    const [span, ...more] = telemetry.spans();
    expect(more).toEqual([]);
    expect(span).toMatchObject({ name: 'send SendEmail', kind: SpanKind.PRODUCER });
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.attributes).toEqual({
      'messaging.system': 'faktory',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'mail',
      'messaging.message.id': 'aaaaaaaa',
      'faktory.job.type': 'SendEmail',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(server.url).port),
    });
  });

  test('a push is part of the trace around it, and its job carries the trace, with state and baggage', async () => {
    const outer = trace.getTracer('test').startSpan('outer');
    const inside = propagation.setBaggage(
      trace.setSpan(context.active(), outer),
      propagation.createBaggage({ tenant: { value: 'acme' } }),
    );
    await context.with(inside, () => client.push({ ...job, custom: { mine: 1 } }));
    const [span] = telemetry.spans();
    expect(span?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    const [taken] = await take(1);
    expect(taken?.custom).toEqual({ mine: 1, traceparent: parentOf(span), baggage: 'tenant=acme' });
  });

  test('a push that is refused ends its span with the code of the error', async () => {
    await expect(client.push({ ...job, jid: 'short' })).rejects.toMatchObject({ code: 'INVALID' });
    const [span] = telemetry.spans();
    expect(span?.ended).toBe(true);
    expect(span?.status).toMatchObject({
      code: SpanStatusCode.ERROR,
      message: expect.stringContaining('jid'),
    });
    expect(span?.attributes['error.type']).toBe('INVALID');
    expect(span?.events.map(({ name }) => name)).toEqual(['exception']);
  });

  test('a push of a job that has a trace does not change it', async () => {
    const traceparent = '00-11111111111111111111111111111111-2222222222222222-01';
    await client.push({ ...job, custom: { traceparent } });
    const [taken] = await take(1);
    expect(taken?.custom).toEqual({ traceparent });
    expect(telemetry.spans()).toHaveLength(1);
  });

  test('a push has one span however often its line is sent', async () => {
    const cuts = Array.from({ length: 12 }, (_, index) => index * 40);
    const connections = await Promise.all(
      cuts.map(async (up) => {
        const proxy = await BadNetwork.start(Number(new URL(server.url).port));
        proxy.fail({ up });
        const cut = new Client({ url: proxy.url, timeout: 20_000, ...clientTelemetry() });
        await cut.push(job);
        await cut.close();
        await proxy.stop();
        return proxy.connections;
      }),
    );
    expect(connections).toContain(2);
    expect(await take(cuts.length)).toHaveLength(cuts.length);
    expect(telemetry.spans('send SendEmail')).toHaveLength(cuts.length);
  }, 60_000);
});

describe('a bulk', () => {
  test('a bulk has one span for a line, and each of its jobs carries the trace', async () => {
    const traceparent = '00-11111111111111111111111111111111-2222222222222222-01';
    await client.pushBulk([job, { ...job, custom: { mine: 1 } }, { ...job, custom: { traceparent } }]);
    const [span, ...more] = telemetry.spans();
    expect(more).toEqual([]);
    expect(span?.name).toBe('send SendEmail');
    expect(span?.attributes).toMatchObject({
      'messaging.batch.message_count': 3,
      'faktory.job.type': 'SendEmail',
    });
    expect(span?.attributes).not.toHaveProperty('messaging.message.id');
    const carried = parentOf(span);
    expect((await take(3)).map(({ custom }) => custom)).toEqual([
      { traceparent: carried },
      { mine: 1, traceparent: carried },
      { traceparent },
    ]);
  });

  test('the span of a bulk of several jobtypes and queues names none of them', async () => {
    await client.pushBulk([job, { jobtype: 'Resize', args: [], queue: 'slow' }]);
    const [span] = telemetry.spans();
    expect(span?.name).toBe('send');
    expect(span?.attributes).not.toHaveProperty('faktory.job.type');
    expect(span?.attributes).not.toHaveProperty('messaging.destination.name');
  });

  test('the span of a bulk with refused jobs has their number, and the code of the first', async () => {
    await client.pushBulk([job, { ...job, jid: 'short' }]);
    const [span] = telemetry.spans();
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: '1 of 2 jobs were refused' });
    expect(span?.attributes['error.type']).toBe('INVALID');
  });
});

test('the metrics have the duration of each call, and for each job whether it was pushed', async () => {
  await client.push(job);
  await client.pushBulk([job, { ...job, jid: 'short' }]);
  const shared = {
    'messaging.system': 'faktory',
    'messaging.operation.name': 'send',
    'faktory.job.type': 'SendEmail',
  };
  const [good, bad] = [{}, { 'error.type': 'INVALID' }].map((more) =>
    expect.objectContaining({ ...shared, ...more }),
  );
  expect(await telemetry.points('messaging.client.operation.duration')).toEqual([
    { attributes: good, value: 1 },
    { attributes: bad, value: 1 },
  ]);
  expect(await telemetry.points('messaging.client.sent.messages')).toEqual([
    { attributes: good, value: 2 },
    { attributes: bad, value: 1 },
  ]);
});

test('without an SDK nothing is added to a job', async () => {
  telemetry.stop();
  await client.push(job);
  expect((await take(1))[0]).not.toHaveProperty('custom');
});

test('without the option nothing is added to a job, and the API package is not loaded', async () => {
  const plain = new Client({ url: server.url });
  await plain.push(job);
  await plain.close();
  expect((await take(1))[0]).not.toHaveProperty('custom');
  expect(telemetry.spans()).toEqual([]);
  const loaded = vi.fn();
  vi.resetModules();
  vi.doMock('@opentelemetry/api', async (original) => {
    loaded();
    return original();
  });
  await import('../src/index.ts');
  expect(loaded).not.toHaveBeenCalled();
  await import('../src/opentelemetry.ts');
  expect(loaded).toHaveBeenCalledOnce();
  vi.doUnmock('@opentelemetry/api');
});
