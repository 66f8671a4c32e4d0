/*
 * An OpenTelemetry SDK that keeps everything in memory, as the whole process has it.
 * It must never be started twice at once: the API has one of everything. A stranger would get wrong that only spans that have ended
 * are there.
 */

import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { type DataPoint, type Histogram, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

class Reader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** A figure as it stands: its attributes, and how much it counted; of a histogram how often. */
export interface Point {
  readonly attributes: Record<string, unknown>;
  readonly value: number;
}

export class Telemetry {
  readonly #exporter = new InMemorySpanExporter();
  readonly #reader = new Reader();

  /** Makes it the SDK of the process. */
  start(): void {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    propagation.setGlobalPropagator(
      new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
    );
    const spanProcessors = [new SimpleSpanProcessor(this.#exporter)];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [this.#reader] }));
  }

  /** Leaves the process without an SDK. */
  stop(): void {
    for (const api of [context, propagation, trace, metrics]) api.disable();
  }

  /** The spans that have ended, in that order; those of one name when it is given. */
  spans(name?: string): ReadableSpan[] {
    return this.#exporter.getFinishedSpans().filter((span) => name === undefined || span.name === name);
  }

  /** What a metric says now. */
  async points(name: string): Promise<Point[]> {
    const { resourceMetrics } = await this.#reader.collect();
    const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return all
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(
        ({ dataPoints }): (DataPoint<number> | DataPoint<Histogram>)[] => dataPoints as DataPoint<number>[],
      )
      .map(({ attributes, value }) => ({
        attributes,
        value: typeof value === 'number' ? value : value.count,
      }));
  }
}
