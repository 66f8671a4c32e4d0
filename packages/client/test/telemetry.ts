/**
 * An OpenTelemetry SDK for the process that keeps everything in memory. Only one may be active,
 * because the API is global.
 *
 * Note: a span is listed only after it has ended.
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

/** A data point of a metric: its attributes and value; for a histogram the count. */
export interface Point {
  readonly attributes: Record<string, unknown>;
  readonly value: number;
}

export class Telemetry {
  readonly #exporter = new InMemorySpanExporter();
  readonly #reader = new Reader();

  /** Registers it as the SDK of the process. */
  start(): void {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    propagation.setGlobalPropagator(
      new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
    );
    const spanProcessors = [new SimpleSpanProcessor(this.#exporter)];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [this.#reader] }));
  }

  /** Removes the SDK from the process. */
  stop(): void {
    for (const api of [context, propagation, trace, metrics]) api.disable();
  }

  /** The spans that have ended, in that order; with a name, those of that name. */
  spans(name?: string): ReadableSpan[] {
    return this.#exporter.getFinishedSpans().filter((span) => name === undefined || span.name === name);
  }

  /** The current data points of a metric. */
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
