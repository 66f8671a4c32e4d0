/**
 * Reads the bodies of requests, and bounds their bytes: of each, and of all requests that are not answered together. How long a body
 * may take is bounded by the server's timeout of a request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StringDecoder } from 'node:string_decoder';

const MOST_BYTES = 256 * 1024 * 1024; // of all requests that are not answered

/** Answered with its status and text. */
class Refused extends Error {
  readonly statusCode: 400 | 413 | 503;

  constructor(statusCode: 400 | 413 | 503, text: string) {
    super(text);
    this.statusCode = statusCode;
  }
}

interface Body {
  bytes: number;
  /** Ends the reading with this error; undefined: all is read. */
  refuse: ((error: Refused) => void) | undefined;
}

export class Bodies {
  readonly #mostBytes: number;
  readonly #bodies = new Map<IncomingMessage, Body>();
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** Bytes of the bodies of all requests that are not answered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts what is read of this request until it is answered. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    this.#bodies.set(request, { bytes: 0, refuse: undefined });
    response.once('close', () => this.#forget(request));
  }

  /**
   * The body of a watched request as text. Rejects with an error that has a status: 413 when it has more than `most` bytes, 503 when all
   * bodies have too many together and this is the longest that is not read yet, 400 when its connection closes.
   */
  read(request: IncomingMessage, most: number): Promise<string> {
    const body = this.#bodies.get(request);
    return new Promise((resolve, reject) => {
      const decoder = new StringDecoder('utf8');
      const parts: string[] = [];
      const unlisten = (): void => {
        for (const [event, act] of Object.entries(listeners)) request.off(event, act);
      };
      const refuse = (error: Refused): void => {
        unlisten();
        request.resume(); // what still comes is thrown away
        if (body) this.#shrink(body);
        reject(error);
      };
      const listeners = {
        data: (chunk: Buffer) => {
          if (!body || body.bytes + chunk.length > most) return refuse(tooLong(most));
          parts.push(decoder.write(chunk));
          this.#grow(body, chunk.length);
        },
        end: () => {
          unlisten();
          if (body) body.refuse = undefined;
          resolve(parts.join('') + decoder.end());
        },
        close: () => refuse(new Refused(400, 'the connection closed before the end of the body')),
        error: () => refuse(new Refused(400, 'the connection broke before the end of the body')),
      };
      if (body) body.refuse = refuse;
      if (!body || request.destroyed) return listeners.close();
      if (Number(request.headers['content-length']) > most) return refuse(tooLong(most));
      for (const [event, act] of Object.entries(listeners)) request.on(event, act);
    });
  }

  #grow(body: Body, bytes: number): void {
    body.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#mostBytes && this.#refuseLongest());
  }

  /** False: all bodies are read. */
  #refuseLongest(): boolean {
    let longest: Body | undefined;
    for (const body of this.#bodies.values())
      if (body.refuse && body.bytes > (longest?.bytes ?? 0)) longest = body;
    const text = `the requests that are not answered have more than ${this.#mostBytes} bytes together, and yours is the longest with ${longest?.bytes}; send it again in some seconds, or in parts`;
    longest?.refuse?.(new Refused(503, text));
    return longest !== undefined;
  }

  #shrink(body: Body): void {
    this.#bytes -= body.bytes;
    body.bytes = 0;
    body.refuse = undefined;
  }

  #forget(request: IncomingMessage): void {
    const body = this.#bodies.get(request);
    if (body) this.#shrink(body);
    this.#bodies.delete(request);
  }
}

const tooLong = (most: number): Refused =>
  new Refused(413, `the body has more than ${most} bytes; send less at once`);
