/**
 * OpenTelemetry for pushes: a span and metrics for each line, and the trace in each of its jobs.
 * The rest of the package does not import this file, so only programs that use it load
 * `@opentelemetry/api`.
 *
 * Note: a bulk has one span for each line of up to 1,000 jobs, and all of them carry it. Without an
 * SDK nothing is written into a job.
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

/** Upper bounds of durations as the messaging conventions define them, seconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * Options by which a {@link Client} reports its pushes to OpenTelemetry's global API: a span `send
 * JOBTYPE` for each push and each line of a bulk; the trace in the `custom` of each job, in the
 * fields of your propagator (`traceparent` …); the metrics `messaging.client.operation.duration`
 * and `messaging.client.sent.messages`. A job whose `custom` has a trace keeps it.
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
    // Created at the first push: a meter that is requested before the SDK has started reports
    // nothing.
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
      description: 'Duration of a push or of a line of a bulk',
      advice: { explicitBucketBoundaries: bounds },
    });
    this.#sent = meter.createCounter('messaging.client.sent.messages', {
      unit: '{message}',
      description: 'Jobs that were pushed, with or without an error',
    });
  }

  /** @param errorOf why a job was not pushed; undefined = it was */
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

/** Attributes of the whole line: queue and jobtype only when all its jobs have the same. */
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

/**
 * Writes the trace into jobs without one. All fields or none, because a mix of two traces would be
 * invalid.
 */
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

/** The code of a FaktoryError, otherwise the name of the class. */
function errorType(error: unknown): Attributes {
  if (error === undefined) return {};
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  return { 'error.type': String(code ?? name ?? '_OTHER') };
}
