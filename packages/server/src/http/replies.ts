/**
 * Bounds the bytes of replies that are not sent yet, of all connections together: a client that asks for much and reads slowly keeps
 * each reply in memory.
 *
 * Note: a stream does not count, because it reads only as fast as its client does.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ApiError } from '@faktory-ts/protocol';
import type { FastifyReply } from 'fastify';

const MOST_BYTES = 256 * 1024 * 1024; // of all replies that are not sent
/** Bytes of a reply that is always sent, so that `/health` and errors are; the number of connections bounds such replies. */
const ALWAYS_SENT = 16 * 1024;

export class Replies {
  readonly #mostBytes: number;
  /** Bytes of each reply that is not sent, by connection. */
  readonly #unsent = new Map<Socket, Map<ServerResponse, number>>();
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** Bytes of all replies that are not sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts this payload until it is sent. Returns it, or the text of a 503 in its place when too much is not sent. */
  readonly bound = (reply: FastifyReply, payload: unknown): unknown => {
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    const bytes = Buffer.byteLength(payload);
    const fits = bytes <= ALWAYS_SENT || this.#bytes + bytes <= this.#mostBytes;
    const sent = fits ? payload : this.#refusal(reply, bytes);
    this.#count(reply.raw, reply.request.raw.socket, Buffer.byteLength(sent));
    return sent;
  };

  #refusal(reply: FastifyReply, bytes: number): string {
    const error = `the replies that clients have not read yet may have ${this.#mostBytes} bytes together, and this one of ${bytes} does not fit; ask again in 2 seconds, or for less`;
    for (const name of ['content-length', 'content-disposition', 'etag']) reply.removeHeader(name);
    reply.code(503).header('Retry-After', '2').type('application/json; charset=utf-8');
    return JSON.stringify({ code: 'LIMIT', error } satisfies ApiError);
  }

  /** Note: a reply that waits behind another one of its connection gets no `close` of its own when the connection closes. */
  #count(response: ServerResponse, socket: Socket, bytes: number): void {
    if (response.closed || socket.destroyed) return;
    let unsent = this.#unsent.get(socket);
    if (!unsent) {
      unsent = new Map();
      this.#unsent.set(socket, unsent);
      socket.once('close', () => this.#forgetAll(socket));
    }
    unsent.set(response, bytes);
    this.#bytes += bytes;
    response.once('close', () => this.#forget(socket, response));
  }

  #forget(socket: Socket, response: ServerResponse): void {
    const unsent = this.#unsent.get(socket);
    this.#bytes -= unsent?.get(response) ?? 0;
    unsent?.delete(response);
  }

  #forgetAll(socket: Socket): void {
    for (const bytes of this.#unsent.get(socket)?.values() ?? []) this.#bytes -= bytes;
    this.#unsent.delete(socket);
  }
}
