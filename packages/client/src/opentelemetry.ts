/*
 * OpenTelemetry for pushes: a span and figures for each line, and the trace in each of its jobs.
 * It must never be imported by the rest of the package: only who asks for it loads `@opentelemetry/api`. A stranger would get wrong that
 * a bulk has one span for a line of up to 1,000 jobs, which all of them carry; and that without an SDK nothing is written into a job.
 */

import {
  type Attributes,
  type Context,
  type Counter,
  context,
  type Histogram,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Pushing, PushMiddleware, Refusals } from './push-middleware.ts';

const scope = '@faktory-ts/client';

/** What the messaging conventions want of durations: upper bounds, seconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * What makes a {@link Client} tell OpenTelemetry of its pushes, by the global API: a span `send JOBTYPE` for each push and each line of a
 * bulk; the trace in the `custom` of each job, in the words of your propagator (`traceparent` …); the metrics
 * `messaging.client.operation.duration` and `messaging.client.sent.messages`. A job whose `custom` carries a trace keeps it.
 *
 * @example
 * ```ts
 * import { Client } from '@faktory-ts/client';
 * import { clientTelemetry } from '@faktory-ts/client/opentelemetry';
 *
 * const client = new Client({ ...clientTelemetry() });
 * ```
 */
export function clientTelemetry(): { middleware: PushMiddleware[] } {
  let figures: Figures | undefined;
  const traced: PushMiddleware = async (pushing, next) => {
    // Not before the first push: of a meter that was asked for before the SDK had started, nothing is ever heard.
    figures ??= new Figures();
    const shared = sharedOf(pushing);
    const span = startSpan(pushing, shared);
    const inside = trace.setSpan(context.active(), span);
    carry(pushing, inside);
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    try {
      const refusals = await context.with(inside, next);
      figures.tell(pushing, shared, seconds(), ({ jid }) => refusals.get(jid));
      markRefused(span, pushing, refusals);
      return refusals;
    } catch (error) {
      figures.tell(pushing, shared, seconds(), () => error);
      fail(span, error, String((error as Error | undefined)?.message));
      throw error;
    } finally {
      span.end();
    }
  };
  return { middleware: [traced] };
}

type Pushed = Pushing['jobs'][number];

/** The two metrics of pushes. */
class Figures {
  readonly #duration: Histogram;
  readonly #sent: Counter;

  constructor() {
    const meter = metrics.getMeter(scope);
    this.#duration = meter.createHistogram('messaging.client.operation.duration', {
      unit: 's',
      description: 'How long a push took, or a line of a bulk',
      advice: { explicitBucketBoundaries: bounds },
    });
    this.#sent = meter.createCounter('messaging.client.sent.messages', {
      unit: '{message}',
      description: 'Jobs that were pushed, well or not',
    });
  }

  /** @param errorOf why that job is not in; undefined = it is */
  tell(pushing: Pushing, shared: Attributes, seconds: number, errorOf: (job: Pushed) => unknown): void {
    const errors = pushing.jobs.map(errorOf);
    this.#duration.record(seconds, { ...shared, ...errorType(errors.find((error) => error !== undefined)) });
    pushing.jobs.forEach((job, index) => {
      this.#sent.add(1, { ...shared, ...sortOf(job), ...errorType(errors[index]) });
    });
  }
}

function startSpan({ jobs, bulk }: Pushing, shared: Attributes): Span {
  const jobtype = shared['faktory.job.type'];
  const which = bulk
    ? { 'messaging.batch.message_count': jobs.length }
    : { 'messaging.message.id': jobs[0]?.jid };
  return trace.getTracer(scope).startSpan(jobtype === undefined ? 'send' : `send ${jobtype}`, {
    kind: SpanKind.PRODUCER,
    attributes: { ...shared, ...which },
  });
}

/** What holds for the whole line: queue and jobtype only where all its jobs have the same. */
function sharedOf({ jobs, server }: Pushing): Attributes {
  const [first, ...others] = jobs.map(sortOf);
  const common = Object.entries(first ?? {}).filter(([key, value]) =>
    others.every((other) => other[key] === value),
  );
  return {
    'messaging.system': 'faktory',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    ...Object.fromEntries(common),
    ...(server && { 'server.address': server.host, 'server.port': server.port }),
  };
}

function sortOf({ queue = 'default', jobtype }: Pushed): Attributes {
  return { 'messaging.destination.name': queue, 'faktory.job.type': jobtype };
}

/** Writes the trace into the jobs that carry none. Half of one's own and half of ours would be neither, so it is all or nothing. */
function carry({ jobs }: Pushing, inside: Context): void {
  const entries: Record<string, string> = {};
  propagation.inject(inside, entries);
  if (Object.keys(entries).length === 0) return;
  const fields = propagation.fields();
  for (const job of jobs) {
    const { custom = {} } = job;
    if (!fields.some((field) => field in custom)) job.custom = { ...custom, ...entries };
  }
}

function markRefused(span: Span, { jobs }: Pushing, refusals: Refusals): void {
  const [first] = refusals.values();
  if (first !== undefined) fail(span, first, `${refusals.size} of ${jobs.length} jobs were refused`);
}

function fail(span: Span, error: unknown, message: string): void {
  span.setAttributes(errorType(error));
  span.recordException(error instanceof Error ? error : message);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** The code of our errors, else the name of the class. */
function errorType(error: unknown): Attributes {
  if (error === undefined) return {};
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  return { 'error.type': String(code ?? name ?? '_OTHER') };
}
