/**
 * Sends figures to StatsD or Datadog's agent by UDP: gauges every 30 seconds, counts and times of
 * ended jobs every second.
 *
 * A server ends up to 20,000 jobs a second. So counts are summed up for a second, and of many times
 * only a sample is sent, with its rate. Errors of the socket only make a line in the log, because a
 * missing agent must not delay a job.
 * The format is written here (30 lines), because the common library compiles native code when it is
 * installed.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Info, visible } from '@faktory-ts/protocol';
import type { Kind } from '../engine/engine.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../log.ts';
import type { StatsdOptions } from '../options.ts';

const flushEvery = 1000; // ms
const gaugesEvery = 30_000; // ms
const mostBytes = 1400; // in a packet, so that it is not fragmented
const mostQueues = 1000; // with gauges of their own
const mostTimes = 50; // sent for one kind in one flush

interface Ended {
  count: number;
  failed: number;
  /** The first `mostTimes` run times, in seconds. */
  times: number[];
}

export class StatsdTask {
  readonly #jobs: Jobs;
  readonly #info: () => Promise<Info>;
  readonly #options: StatsdOptions;
  readonly #tags: readonly string[];
  /** Expired jobs that were reported. */
  #expired = 0;
  readonly #ended = new Map<Kind, Ended>();
  #timers: NodeJS.Timeout[] = [];
  #socket: Socket | undefined;
  #lines: string[] = [];
  readonly #log: Logger;
  #failing = false;

  constructor(jobs: Jobs, info: () => Promise<Info>, options: StatsdOptions, log: Logger) {
    this.#log = log;
    this.#jobs = jobs;
    this.#info = info;
    this.#options = options;
    this.#tags = options.tags ?? [];
  }

  start(): void {
    this.#socket = createSocket(isIPv6(this.#options.host) ? 'udp6' : 'udp4').on('error', (error) =>
      this.#sent(error),
    );
    this.#socket.unref();
    this.#jobs.engine.figures.meter.ended = (kind, seconds, failed) => this.#count(kind, seconds, failed);
    this.#timers = [
      setInterval(() => this.#flush(), flushEvery),
      setInterval(() => this.#sendGauges(), gaugesEvery),
    ];
    for (const timer of this.#timers) timer.unref();
    this.#sendGauges();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#jobs.engine.figures.meter.ended = undefined;
    this.#flush();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  #count(kind: Kind, seconds: number, failed: boolean): void {
    let ended = this.#ended.get(kind);
    if (!ended) {
      ended = { count: 0, failed: 0, times: [] };
      this.#ended.set(kind, ended);
    }
    ended.count++;
    if (failed) ended.failed++;
    if (ended.times.length < mostTimes) ended.times.push(seconds);
  }

  #flush(): void {
    for (const [{ queue, jobtype }, { count, failed, times }] of this.#ended) {
      const tags = [`queue:${queue}`, `jobtype:${jobtype}`];
      this.#add('jobs.count', count, 'c', tags);
      if (failed > 0) this.#add('jobs.failed', failed, 'c', tags);
      const rate = times.length < count ? `|@${(times.length / count).toFixed(6)}` : '';
      for (const seconds of times) this.#add('jobs.perform', (seconds * 1000).toFixed(3), `ms${rate}`, tags);
    }
    this.#ended.clear();
    const { expired } = this.#jobs.engine.figures.meter;
    if (expired > this.#expired) this.#add('jobs.expired', expired - this.#expired, 'c');
    this.#expired = expired;
    this.#send();
  }

  /** Ignores errors of the store: other callers report them. */
  #sendGauges(): void {
    this.#gauges().catch(() => undefined);
  }

  async #gauges(): Promise<void> {
    const { faktory, server } = await this.#info();
    const { dead, retries, scheduled, working } = faktory.sets;
    const enqueued = faktory.total_enqueued;
    const [processed, failures] = [faktory.total_processed, faktory.total_failures];
    const plain = { processed, failures, scheduled, retries, dead, working, enqueued };
    for (const [name, value] of Object.entries(plain)) this.#add(name, value, 'g');
    this.#add('ops.connections', server.connections, 'g');
    const queues = Object.keys(faktory.queues).slice(0, mostQueues);
    const latencies = await this.#jobs.latency(queues);
    for (const queue of queues) {
      const [size = 0, latency = 0] = [faktory.queues[queue], latencies[queue]];
      this.#add(`enqueued.${queue}`, size, 'g');
      this.#add('queue.size', size, 'g', [`queue:${queue}`]);
      this.#add('queue.latency', latency, 'g', [`queue:${queue}`]);
      if (this.#options.queueLatency?.includes(queue)) this.#add(`latency.${queue}`, latency, 'g');
    }
    this.#send();
  }

  /** One line when sending begins to fail, and one when it works again. */
  #sent(error: NodeJS.ErrnoException | null): void {
    if (this.#failing === (error !== null) || this.#socket === undefined) return;
    this.#failing = error !== null;
    const { host, port } = this.#options;
    if (error === null) this.#log.info(`StatsD at ${host}:${port} is reached again`);
    else {
      const reason = error.code ?? error.message;
      const text = `StatsD at ${host}:${port} cannot be reached (${reason}): no figures are sent there until it can; correct [statsd] location or DD_DOGSTATSD_URL, or the DNS`;
      this.#log.warn(text);
    }
  }

  #add(name: string, value: number | string, type: string, own: readonly string[] = []): void {
    const tags = [...this.#tags, ...own].map((tag) => visible(tag).replace(/[|,#\s\\]/g, '_'));
    const end = tags.length > 0 ? `|#${tags.join(',')}` : '';
    this.#lines.push(
      `${this.#options.namespace ?? 'faktory.'}${visible(name).replace(/[:|@\s\\]/g, '_')}:${value}|${type}${end}`,
    );
  }

  /** Sends the lines, as many as fit in each packet. */
  #send(): void {
    let packet = '';
    for (const line of [...this.#lines, '']) {
      if (packet !== '' && (line === '' || packet.length + line.length >= mostBytes)) {
        this.#socket?.send(packet, this.#options.port, this.#options.host, (error) => this.#sent(error));
        packet = '';
      }
      packet = packet === '' ? line : `${packet}\n${line}`;
    }
    this.#lines = [];
  }
}
