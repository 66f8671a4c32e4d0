/**
 * Bounds the replies of all connections together that no client has read yet, with those that are being made.
 *
 * Over the bound the connection with the most bytes is closed: its client does not read, so an error would not reach it either.
 */
import type { Logger } from '../log.ts';

const MOST_BYTES = 256 * 1024 * 1024; // of all connections
const LOG_EVERY = 60_000; // ms

/** A connection, as far as its unread replies need it. */
export interface Debtor {
  /** Bytes of its replies that are not handed to the system, now. */
  readonly unsent: number;
  close(): void;
}

export class Unsent {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #mostBytes: number;
  /** Bytes at the last look at each connection that has any worth counting. */
  readonly #debtors = new Map<Debtor, number>();
  #bytes = 0;
  #closed = 0;
  #loggedAt = -LOG_EVERY;

  constructor(log: Pick<Logger, 'warn'>, mostBytes = MOST_BYTES) {
    this.#log = log;
    this.#mostBytes = mostBytes;
  }

  /** Bytes of all connections. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes of this connection have changed. */
  note(debtor: Debtor): void {
    this.#look(debtor);
    if (this.#bytes <= this.#mostBytes) return;
    for (const each of this.#debtors.keys()) this.#look(each); // clients may have read since
    while (this.#bytes > this.#mostBytes) this.#closeLargest();
  }

  /** The connection is closed. */
  remove(debtor: Debtor): void {
    this.#bytes -= this.#debtors.get(debtor) ?? 0;
    this.#debtors.delete(debtor);
  }

  #look(debtor: Debtor): void {
    const { unsent } = debtor;
    this.#bytes += unsent - (this.#debtors.get(debtor) ?? 0);
    if (unsent === 0) this.#debtors.delete(debtor);
    else this.#debtors.set(debtor, unsent);
  }

  #closeLargest(): void {
    let largest: [Debtor, number] | undefined;
    for (const entry of this.#debtors) if (entry[1] > (largest?.[1] ?? 0)) largest = entry;
    if (largest === undefined) return;
    this.remove(largest[0]);
    largest[0].close();
    this.#closed += 1;
    const now = performance.now();
    if (now - this.#loggedAt < LOG_EVERY) return;
    this.#log.warn(
      `closed ${this.#closed} connections that did not read their replies: all had more than ${this.#mostBytes} bytes together; the last had ${largest[1]}`,
    );
    this.#loggedAt = now;
    this.#closed = 0;
  }
}
