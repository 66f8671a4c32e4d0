import { Client } from '@faktory-ts/client';
import { clientTelemetry } from '@faktory-ts/client/opentelemetry';
import { createServer, type Server } from '@faktory-ts/server';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Telemetry } from '../../client/test/telemetry.ts';
import { type Handlers, Worker, type WorkerOptions } from '../src/index.ts';
import { workerTelemetry } from '../src/opentelemetry.ts';

let server: Server;
/** A client that traces its pushes. */
let client: Client;
/** A client without tracing, like any Faktory client. */
let classic: Client;
let telemetry: Telemetry;
const workers: Worker[] = [];

beforeAll(async () => {
  server = createServer({ sync: 'off' });
  await server.start();
});

afterAll(() => server.stop());

beforeEach(async () => {
  telemetry = new Telemetry();
  telemetry.start();
  classic = new Client({ url: server.url });
  client = new Client({ url: server.url, ...clientTelemetry() });
  await classic.flush();
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await Promise.all([client.close(), classic.close()]);
  telemetry.stop();
});

async function work(handlers: Handlers, options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const worker = new Worker({ url: server.url, handlers, ...workerTelemetry(), ...options });
  workers.push(worker);
  await worker.start();
  return worker;
}

/** Returns the spans of the wanted number of runs, once they have ended. */
async function runs(count = 1, name = 'process Run') {
  await vi.waitFor(() => expect(telemetry.spans(name)).toHaveLength(count));
  return telemetry.spans(name);
}

const job = { jobtype: 'Run', args: [] };

describe('a run', () => {
  test('continues the trace of the push that caused it, and is linked to it', async () => {
    await work({ Run: () => undefined });
    await client.push({ ...job, jid: 'aaaaaaaa' });
    const [run] = await runs();
    const [push] = telemetry.spans('send Run');
    expect(run?.spanContext().traceId).toBe(push?.spanContext().traceId);
    expect(run?.parentSpanContext?.spanId).toBe(push?.spanContext().spanId);
    expect(run?.links.map((link) => link.context.spanId)).toEqual([push?.spanContext().spanId]);
    expect(run?.kind).toBe(SpanKind.CONSUMER);
    expect(run?.status.code).toBe(SpanStatusCode.UNSET);
    expect(run?.attributes).toEqual({
      'messaging.system': 'faktory',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'default',
      'messaging.message.id': 'aaaaaaaa',
      'faktory.job.type': 'Run',
      'faktory.job.attempt': 1,
      'faktory.job.outcome': 'done',
    });
  });

  test('with newTrace starts its own trace, linked to the push', async () => {
    await work({ Run: () => undefined }, workerTelemetry({ newTrace: true }));
    await client.push(job);
    const [run] = await runs();
    const [push] = telemetry.spans('send Run');
    expect(run?.parentSpanContext).toBeUndefined();
    expect(run?.spanContext().traceId).not.toBe(push?.spanContext().traceId);
    expect(run?.links.map((link) => link.context.spanId)).toEqual([push?.spanContext().spanId]);
  });

  test('of a bulk continues the trace of its line', async () => {
    await work({ Run: () => undefined });
    await client.pushBulk([job, job]);
    const [push] = telemetry.spans('send Run');
    const parents = (await runs(2)).map((run) => run.parentSpanContext?.spanId);
    expect(parents).toEqual([push?.spanContext().spanId, push?.spanContext().spanId]);
  });

  test('has the handler inside its span, other middleware too, and the baggage of the push', async () => {
    const seen: unknown[] = [];
    const tracer = trace.getTracer('test');
    const { middleware, observer } = workerTelemetry();
    await work(
      {
        Run: async () => {
          await Promise.resolve();
          tracer.startSpan('inner').end();
          seen.push(propagation.getActiveBaggage()?.getEntry('tenant')?.value);
          await client.push({ jobtype: 'Next', args: [], queue: 'elsewhere' });
        },
      },
      {
        observer,
        middleware: [
          ...middleware,
          (_context, next) => {
            tracer.startSpan('middle').end();
            return next();
          },
        ],
      },
    );
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
    await context.with(propagation.setBaggage(ROOT_CONTEXT, baggage), () => client.push(job));
    const [run] = await runs();
    for (const name of ['middle', 'inner', 'send Next']) {
      expect(telemetry.spans(name)[0]?.parentSpanContext?.spanId).toBe(run?.spanContext().spanId);
    }
    expect(seen).toEqual(['acme']);
  });

  test('is retried in a span of its own, linked to the same push', async () => {
    await work(
      {
        Run: ({ attempt }) => {
          if (attempt === 1) throw new TypeError('no');
        },
      },
      { errors: [[TypeError, { retryIn: 0 }]] },
    );
    await client.push(job);
    const [first, second] = await runs(2);
    const [push] = telemetry.spans('send Run');
    for (const run of [first, second]) {
      expect(run?.links.map((link) => link.context.spanId)).toEqual([push?.spanContext().spanId]);
    }
    expect(first?.attributes).toMatchObject({ 'faktory.job.attempt': 1, 'faktory.job.outcome': 'failed' });
    expect(second?.attributes).toMatchObject({ 'faktory.job.attempt': 2, 'faktory.job.outcome': 'done' });
  });

  test('of a job from a classic client has its own trace, also when the worker was started inside a span', async () => {
    const outer = trace.getTracer('test').startSpan('outer');
    await context.with(trace.setSpan(ROOT_CONTEXT, outer), () => work({ Run: () => undefined }));
    await classic.push(job);
    const [run] = await runs();
    expect(run?.parentSpanContext).toBeUndefined();
    expect(run?.links).toEqual([]);
  });

  test.each([
    ['is no trace', 'rubbish'],
    ['is no text', 7],
    ['is all zeros', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`],
  ])('of a job whose traceparent %s has a trace of its own', async (_which, traceparent) => {
    await work({ Run: () => undefined });
    await classic.push({ ...job, custom: { traceparent } });
    const [run] = await runs();
    expect(run?.parentSpanContext).toBeUndefined();
    expect(run?.links).toEqual([]);
    expect(run?.attributes['faktory.job.outcome']).toBe('done');
  });

  test('that has an isolated handler has a span around it', async () => {
    await work({ Run: { file: new URL('./isolated/chores.js', import.meta.url), isolation: 'thread' } });
    await client.push({ jobtype: 'Run', args: ['return'] });
    const [run] = await runs();
    expect(run?.links).toHaveLength(1);
    expect(run?.attributes['faktory.job.outcome']).toBe('done');
  });
});

describe('the end of a run', () => {
  class Rude extends Error {
    override name = 'Rude';
  }

  test.each<[outcome: string, errtype: string | undefined, handler: Handlers[string]]>([
    [
      'failed',
      'RangeError',
      () => {
        throw new RangeError('too far');
      },
    ],
    ['failed', 'RetryIn', (context) => context.retryIn(60_000, 'too far')],
    ['killed', 'Killed', (context) => context.kill('too far')],
    [
      'killed',
      'Rude',
      () => {
        throw new Rude('too far');
      },
    ],
    ['discarded', undefined, (context) => context.discard('too far')],
    [
      'discarded',
      undefined,
      () => {
        throw new TypeError('too far');
      },
    ],
  ])('is %s, with error type %s', async (outcome, errtype, handler) => {
    await work({ Run: handler } as Handlers, {
      errors: [
        [Rude, 'kill'],
        [TypeError, 'discard'],
      ],
    });
    await client.push(job);
    const [run] = await runs();
    expect(run?.attributes['faktory.job.outcome']).toBe(outcome);
    expect(run?.attributes['error.type']).toBe(errtype);
    const status =
      errtype === undefined
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, message: 'too far' };
    expect(run?.status).toEqual(status);
    const exceptions = run?.events.map(({ attributes }) => attributes?.['exception.message']);
    expect(exceptions).toEqual(errtype === undefined ? [] : ['too far']);
  });

  test('is released when the job goes back', async () => {
    let given = 0;
    await work({
      Run: (context) => {
        if (given++ === 0) context.release();
      },
    } as Handlers);
    await client.push(job);
    const outcomes = (await runs(2)).map(({ attributes }) => attributes['faktory.job.outcome']);
    expect(outcomes).toEqual(['released', 'done']);
  });

  test('of a jobtype without a handler is a failure', async () => {
    await work({ Other: () => undefined });
    await client.push(job);
    const [run] = await runs();
    expect(run?.attributes['error.type']).toBe('UnknownJobtype');
    const [point] = await telemetry.points('messaging.process.duration');
    expect(point?.attributes['faktory.job.type']).toBe('_OTHER');
  });

  test('has the stack of what was thrown', async () => {
    await work({
      Run: () => {
        throw new RangeError('too far');
      },
    } as Handlers);
    await client.push(job);
    const [run] = await runs();
    expect(run?.events[0]?.attributes?.['exception.stacktrace']).toContain('opentelemetry.test.ts');
  });
});

test('the metrics have the time of each run by jobtype and outcome, and the numbers of started and running jobs', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await work({ Run: () => undefined, Hold: () => held });
  await client.push(job);
  await client.push({ jobtype: 'Hold', args: [] });
  await runs();
  await vi.waitFor(async () => {
    const [running] = await telemetry.points('faktory.worker.jobs.running');
    expect(running?.value).toBe(1);
    const [consumed] = await telemetry.points('messaging.client.consumed.messages');
    expect(consumed?.value).toBe(2);
  });
  release();
  await runs(1, 'process Hold');
  const shared = {
    'messaging.system': 'faktory',
    'messaging.operation.name': 'process',
    'messaging.destination.name': 'default',
  };
  const done = { 'faktory.job.outcome': 'done' };
  expect(await telemetry.points('messaging.process.duration')).toEqual([
    { attributes: { ...shared, ...done, 'faktory.job.type': 'Run' }, value: 1 },
    { attributes: { ...shared, ...done, 'faktory.job.type': 'Hold' }, value: 1 },
  ]);
  expect((await telemetry.points('faktory.worker.jobs.running'))[0]).toEqual({
    attributes: shared,
    value: 0,
  });
});

test('without the option the API package is not loaded', async () => {
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
