/**
 * Logs a warning before the server's TLS certificate expires: at the start, at each reload, and
 * then once a day.
 */
import type { Micros } from '@faktory-ts/protocol';
import type { Logger } from '../log.ts';
import { type Tls, validity } from '../tls.ts';

const HOUR = 3_600_000; // ms
const DAY: Micros = 86_400_000_000;
const EARLY = 30 * DAY; // before the expiry

export class CertificateWatch {
  readonly #log: Logger;
  readonly #clock: () => Micros;
  #expiry: Micros | undefined;
  #start: Micros | undefined;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger, clock: () => Micros) {
    this.#log = log;
    this.#clock = clock;
  }

  /** When the first certificate of the chain expires; undefined without TLS. */
  get expiry(): Micros | undefined {
    return this.#expiry;
  }

  /** Whether the certificate expires within 30 days, or has expired. */
  get soon(): boolean {
    return this.#expiry !== undefined && this.#expiry - this.#clock() < EARLY;
  }

  start(): void {
    this.#timer = setInterval(() => this.#check(), HOUR);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Watches this certificate from now on. */
  use(tls: Tls | undefined): void {
    const found = tls && validity(tls);
    [this.#start, this.#expiry] = [found?.from, found?.until];
    this.#warnedAt = Number.NEGATIVE_INFINITY;
    this.#check();
  }

  #check(): void {
    const text = this.#fault();
    const now = performance.now();
    if (text === undefined || now - this.#warnedAt < 24 * HOUR) return;
    this.#warnedAt = now;
    this.#log.warn(text);
  }

  #fault(): string | undefined {
    const now = this.#clock();
    if (this.#start !== undefined && this.#start > now)
      return `the TLS certificate is valid only from ${new Date(this.#start / 1000).toISOString()}, and this machine says ${new Date(now / 1000).toISOString()}, so clients refuse it; set the clock, or use another certificate and reload the server`;
    if (this.#expiry === undefined || !this.soon) return undefined;
    const days = Math.floor((this.#expiry - now) / DAY);
    const when = new Date(this.#expiry / 1000).toISOString();
    const text =
      days < 0
        ? `the TLS certificate expired at ${when}, so clients refuse it`
        : `the TLS certificate expires in ${days} days, at ${when}`;
    return `${text}; renew it and reload the server`;
  }
}
