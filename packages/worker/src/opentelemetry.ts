/**
 * OpenTelemetry for runs: a span and metrics for each run, in the trace of its push. The rest of
 * the package never imports this file, so `@opentelemetry/api` is loaded only on demand.
 *
 * Note: it needs both an observer and a middleware. The observer knows how a run ended, with error
 * rules and limits; only a middleware can put the handler inside the span.
 */

import type { Job } from '@faktory-ts/protocol';
import {
  type Attributes,
  type Context,
  type Counter,
  context,
  type Exception,
  type Histogram,
  isSpanContextValid,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
  type UpDownCounter,
} from '@opentelemetry/api';
import { attemptOf } from './context.ts';
import type { AnyMiddleware } from './middleware.ts';
import type { RunEnd, WorkerObserver } from './observer.ts';

/** Options of {@link workerTelemetry}. */
export interface WorkerTelemetryOptions {
  /**
   * Starts a new trace for each run, linked to the trace of its push. Use it for jobs that wait for
   * days or are pushed by the thousand, whose runs would make one endless trace. Default false: the
   * run continues the trace of its push.
   */
  newTrace?: boolean | undefined;
}

const scope = '@faktory-ts/worker';

/** Upper bounds in seconds: those of the messaging conventions, and larger ones for long jobs. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 1800];

/**
 * Returns options that make a {@link Worker} report its runs to OpenTelemetry's global API: for
 * each run a span `process JOBTYPE` around middleware and handler, linked to the push whose trace
 * the job carries, and the metrics `messaging.process.duration`,
 * `messaging.client.consumed.messages` and `faktory.worker.jobs.running`.
 *
 * @example
 * ```ts
 * import { Worker } from '@faktory-ts/worker';
 * import { workerTelemetry } from '@faktory-ts/worker/opentelemetry';
 *
 * const worker = new Worker({ handlers: { Greet: () => undefined }, ...workerTelemetry() });
 * ```
 */
export function workerTelemetry(options: WorkerTelemetryOptions = {}): {
  middleware: AnyMiddleware[];
  observer: WorkerObserver;
} {
  const runs = new WeakMap<Job, Run>();
  let figures: Figures | undefined;
  return {
    middleware: [({ job }, next) => runs.get(job)?.around(next) ?? next()],
    observer: {
      started(job) {
        // Not before the first run: a meter that was created before the SDK started reports
        // nothing.
        figures ??= new Figures();
        figures.started(job);
        runs.set(job, new Run(job, options.newTrace ?? false));
      },
      ended(job, end, ms) {
        figures?.ended(job, end, ms / 1000);
        runs.get(job)?.end(end);
      },
    },
  };
}

/** One run and its span. */
class Run {
  readonly #span: Span;
  readonly #inside: Context;
  #thrown: unknown;

  constructor(job: Job, root: boolean) {
    // Not the active context: a worker that was started inside a span would put all its runs into
    // it.
    const carried = propagation.extract(ROOT_CONTEXT, job.custom ?? {}, texts);
    const push = trace.getSpanContext(carried);
    const links = push !== undefined && isSpanContextValid(push) ? [{ context: push }] : [];
    const attributes = {
      ...sharedOf(job),
      'messaging.operation.type': 'process',
      'messaging.message.id': job.jid,
      'faktory.job.type': job.jobtype,
      'faktory.job.attempt': attemptOf(job),
    };
    const how = { kind: SpanKind.CONSUMER, root, links, attributes };
    this.#span = trace.getTracer(scope).startSpan(`process ${job.jobtype}`, how, carried);
    this.#inside = trace.setSpan(carried, this.#span);
  }

  /** Runs what is inside, in the context of the span. */
  async around(next: () => Promise<void>): Promise<void> {
    try {
      await context.with(this.#inside, next);
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
  }

  end(end: RunEnd): void {
    const span = this.#span.setAttributes({ 'faktory.job.outcome': nameOf(end), ...errorType(end) });
    if (end.failure !== undefined && isBad(end)) {
      span.recordException(this.#exception(end.failure));
      span.setStatus({ code: SpanStatusCode.ERROR, message: end.failure.message });
    }
    span.end();
  }

  /**
   * The thrown error has a stack. When only discard() or the like stopped the handler, the failure
   * says more.
   */
  #exception({ errtype, message }: { errtype: string; message: string }): Exception {
    const thrown = this.#thrown;
    if (thrown instanceof Error && thrown.name !== 'JobEnded') return thrown;
    return { name: errtype, message };
  }
}

/** The metrics of runs. */
class Figures {
  readonly #duration: Histogram;
  readonly #consumed: Counter;
  readonly #running: UpDownCounter;

  constructor() {
    const meter = metrics.getMeter(scope);
    this.#duration = meter.createHistogram('messaging.process.duration', {
      unit: 's',
      description: 'How long a run took',
      advice: { explicitBucketBoundaries: bounds },
    });
    this.#consumed = meter.createCounter('messaging.client.consumed.messages', {
      unit: '{message}',
      description: 'Jobs whose run began',
    });
    this.#running = meter.createUpDownCounter('faktory.worker.jobs.running', {
      unit: '{job}',
      description: 'Jobs that run now',
    });
  }

  started(job: Job): void {
    const shared = sharedOf(job);
    this.#consumed.add(1, shared);
    this.#running.add(1, shared);
  }

  ended(job: Job, end: RunEnd, seconds: number): void {
    const shared = sharedOf(job);
    this.#running.add(-1, shared);
    // Jobtypes without a handler come from the wire and would make series without a limit.
    const jobtype = end.failure?.errtype === 'UnknownJobtype' ? '_OTHER' : job.jobtype;
    const attributes = { 'faktory.job.type': jobtype, 'faktory.job.outcome': nameOf(end) };
    this.#duration.record(seconds, { ...shared, ...attributes, ...errorType(end) });
  }
}

/** Reads texts from `custom`, in which other programs may have written any value. */
const texts: TextMapGetter<Record<string, unknown>> = {
  keys: (custom) => Object.keys(custom),
  get: (custom, key) => {
    const value = custom[key];
    return typeof value === 'string' ? value : undefined;
  },
};

function sharedOf({ queue = 'default' }: Job): Attributes {
  return {
    'messaging.system': 'faktory',
    'messaging.operation.name': 'process',
    'messaging.destination.name': queue,
  };
}

/**
 * The outcome in traces: a killed or discarded job has its own word, although both are failures on
 * the wire.
 */
function nameOf({ to, fate }: RunEnd): string {
  if (fate === undefined) return to;
  return fate === 'dead' ? 'killed' : fate;
}

/** A job that was discarded or released on purpose is no error. */
function isBad({ to, fate }: RunEnd): boolean {
  return to === 'failed' && fate !== 'discarded';
}

function errorType(end: RunEnd): Attributes {
  return isBad(end) ? { 'error.type': end.failure?.errtype ?? '_OTHER' } : {};
}
