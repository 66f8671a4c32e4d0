/**
 * Bounds the lines of all connections whose end has not arrived: their bytes together, and how slowly each may grow.
 *
 * A connection that breaks a bound gets an error as its last reply and is closed. The log gets one line a minute.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Logger } from '../log.ts';

const MOST_BYTES = 256 * 1024 * 1024; // of all connections
const SPAN = 60_000; // ms in which a line ends or grows by LEAST_GROWTH
const LEAST_GROWTH = 256 * 1024; // bytes
const CHECK_EVERY = 5000; // ms
const LOG_EVERY = 60_000; // ms

/** A connection, as far as its unfinished line needs it. */
export interface Sender {
  /** Closes it with this error as its last reply. */
  cutOff(error: FaktoryError): void;
}

interface Line {
  bytes: number;
  /** When the present span started, and the bytes at that time. */
  since: number;
  before: number;
}

export class Unfinished {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #mostBytes: number;
  /** The oldest line first. */
  readonly #lines = new Map<Sender, Line>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = 0;
  #loggedAt = -LOG_EVERY;

  constructor(log: Pick<Logger, 'warn'>, mostBytes = MOST_BYTES) {
    this.#log = log;
    this.#mostBytes = mostBytes;
  }

  /** Bytes of all unfinished lines. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * This connection has received so many bytes of a line without its end; 0: of none. `same`: it is
   * the line of the last call, if there was one.
   */
  note(sender: Sender, bytes: number, same = true): void {
    const line = this.#lines.get(sender);
    if (bytes === 0) {
      if (line !== undefined) this.#remove(sender, line);
      return;
    }
    this.#bytes += bytes - (line?.bytes ?? 0);
    if (line !== undefined && same) line.bytes = bytes;
    else {
      this.#lines.delete(sender);
      this.#lines.set(sender, { bytes, since: performance.now(), before: 0 });
    }
    this.#timer ??= setInterval(() => this.#check(), CHECK_EVERY).unref();
    while (this.#bytes > this.#mostBytes) this.#closeLargest();
  }

  #remove(sender: Sender, { bytes }: Line): void {
    this.#bytes -= bytes;
    this.#lines.delete(sender);
    if (this.#lines.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Of equally large lines the oldest. */
  #closeLargest(): void {
    let largest: [Sender, Line] | undefined;
    for (const entry of this.#lines) if (entry[1].bytes > (largest?.[1].bytes ?? 0)) largest = entry;
    if (largest === undefined) return;
    const text = `lines without an end have more than ${this.#mostBytes} bytes together, and yours is the longest with ${largest[1].bytes}; end the line, or send shorter lines`;
    this.#close(...largest, text);
  }

  #check(): void {
    const now = performance.now();
    for (const [sender, line] of [...this.#lines]) {
      if (now - line.since < SPAN) continue;
      if (line.bytes - line.before < LEAST_GROWTH) {
        const text = `a line grew by ${line.bytes - line.before} bytes in ${SPAN / 1000} s and has no end; end each line with CRLF, and send at least ${LEAST_GROWTH} bytes a minute`;
        this.#close(sender, line, text);
      } else {
        line.since = now;
        line.before = line.bytes;
      }
    }
  }

  #close(sender: Sender, line: Line, text: string): void {
    this.#remove(sender, line);
    sender.cutOff(new FaktoryError('LIMIT', text));
    this.#closed += 1;
    const now = performance.now();
    if (now - this.#loggedAt < LOG_EVERY) return;
    this.#log.warn(`closed ${this.#closed} connections that did not end their line; the last: ${text}`);
    this.#loggedAt = now;
    this.#closed = 0;
  }
}
